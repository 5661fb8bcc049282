-- Messages that nobody tried to send yet, by where they go: the oldest goes first.
CREATE INDEX posts_untried ON posts (channel, id) WHERE state = 'queued' AND attempt = 0;
