# A small image that runs as nobody in particular. Build: docker build -t sopbot .
FROM golang:1.26-bookworm AS build
WORKDIR /src
COPY go.mod go.sum ./
RUN go mod download
COPY . .
# SQLite is C: cgo stays on, and the program links only to libc.
ARG VERSION=docker
RUN CGO_ENABLED=1 go build -trimpath -ldflags "-s -w -X main.version=${VERSION}" -o /sopbot ./cmd/sopbot

FROM debian:bookworm-slim
RUN apt-get update \
 && apt-get install -y --no-install-recommends ca-certificates \
 && rm -rf /var/lib/apt/lists/* \
 && groupadd --gid 10001 sopbot \
 && useradd --uid 10001 --gid 10001 --no-create-home --home-dir /data --shell /usr/sbin/nologin sopbot \
 && install -d -o sopbot -g sopbot -m 0700 /data
COPY --from=build /sopbot /usr/local/bin/sopbot
USER 10001:10001
WORKDIR /data
VOLUME /data
ENV SOPBOT_DATABASE=/data/sopbot.db SOPBOT_HTTP=127.0.0.1:8080
HEALTHCHECK --interval=30s --timeout=10s --start-period=30s CMD ["sopbot", "ready"]
ENTRYPOINT ["sopbot"]
CMD ["serve"]
