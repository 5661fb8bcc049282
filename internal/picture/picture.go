package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"

	"github.com/go-analyze/charts"
	"github.com/slack-go/slack"
)

// Wide enough for a phone held upright to show its words, at twice Slack's
// width of a message.
const width, height = 960, 540

// ErrNotDrawn says that a chart is of a kind that is not drawn here.
var ErrNotDrawn = errors.New("picture: only bars and lines are drawn")

// PNG draws a data_visualization block. alt says in words what the picture shows.
func PNG(block json.RawMessage) (png []byte, alt string, err error) {
	var b slack.DataVisualizationBlock
	if err = json.Unmarshal(block, &b); err != nil {
		return nil, "", fmt.Errorf("picture: %w", err)
	}
	var axis slack.DataVisualizationAxisConfig
	var series []slack.DataVisualizationDataSeries
	bars := false
	switch c := b.Chart.(type) {
	case *slack.DataVisualizationBarChart:
		axis, series, bars = c.AxisConfig, c.Series, true
	case *slack.DataVisualizationLineChart:
		axis, series = c.AxisConfig, c.Series
	default:
		return nil, "", ErrNotDrawn
	}
	if err := b.Validate(); err != nil {
		return nil, "", fmt.Errorf("picture: %w", err)
	}
	values, names := make([][]float64, len(series)), make([]string, len(series))
	for i, s := range series {
		names[i] = s.Name
		at := map[string]float64{}
		for _, p := range s.Data {
			at[p.Label] = p.Value
		}
		for _, c := range axis.Categories {
			values[i] = append(values[i], at[c])
		}
	}
	p := charts.NewPainter(charts.PainterOptions{Width: width, Height: height})
	if bars {
		err = p.BarChart(barsOf(b.Title, names, axis.Categories, values))
	} else {
		err = p.LineChart(linesOf(b.Title, names, axis.Categories, values))
	}
	if err != nil {
		return nil, "", fmt.Errorf("picture: draw %q: %w", b.Title, err)
	}
	png, err = p.Bytes()
	return png, words(b.Title, names, axis.Categories, values), err
}

func barsOf(title string, names, categories []string, values [][]float64) charts.BarChartOption {
	o := charts.NewBarChartOptionWithData(values)
	o.Title.Text = title
	o.Legend.SeriesNames = names
	o.Legend.Offset.Top = charts.PositionBottom
	o.CategoryAxis.Labels = categories
	o.ValueFormatter = number
	o.ValueAxis = []charts.ValueAxisOption{axisOf(values)}
	for i := range o.SeriesList {
		o.SeriesList[i].Label.Show = charts.Ptr(true)
		o.SeriesList[i].Label.ValueFormatter = unlessZero
	}
	return o
}

// linesOf has no numbers at its points: where lines cross they would cover each
// other. The words say them.
func linesOf(title string, names, categories []string, values [][]float64) charts.LineChartOption {
	o := charts.NewLineChartOptionWithData(values)
	o.Title.Text = title
	o.Legend.SeriesNames = names
	o.Legend.Offset.Top = charts.PositionBottom
	o.XAxis.Labels = categories
	o.ValueFormatter = number
	o.YAxis = []charts.YAxisOption{axisOf(values)}
	o.LineStrokeWidth = 3
	return o
}

// mostSteps is into how many steps the axis is parted.
const mostSteps = 5

// axisOf parts the axis into whole steps where there are whole numbers only: of
// handoffs there is no half.
func axisOf(values [][]float64) (o charts.ValueAxisOption) {
	high := 0.0
	for _, series := range values {
		for _, v := range series {
			if v < 0 || v != math.Trunc(v) {
				return o
			}
			high = max(high, v)
		}
	}
	step := 1.0
	for i, grow := 0, []float64{2, 2.5, 2}; high > step*mostSteps; i++ { // 1, 2, 5, 10, 20, 50, …
		step *= grow[i%len(grow)]
	}
	steps := max(1, math.Ceil(high/step))
	o.Min, o.Max = charts.Ptr(0.0), charts.Ptr(steps*step)
	o.Unit, o.LabelCount = step, int(steps)+1
	return o
}

// number writes what is shown and said; what arithmetic leaves behind is no news.
func number(v float64) string { return strconv.FormatFloat(math.Round(v*100)/100, 'f', -1, 64) }

// unlessZero leaves out what a bar that is not there would say.
func unlessZero(v float64) string {
	if v == 0 {
		return ""
	}
	return number(v)
}

// mostAlt is what Slack takes as the words of a picture.
const mostAlt = 1000

// words say what a chart shows, one category after the other.
func words(title string, names, categories []string, values [][]float64) string {
	var b strings.Builder
	b.WriteString(title + ".")
	for c, category := range categories {
		var parts []string
		for i, name := range names {
			parts = append(parts, name+" "+number(values[i][c]))
		}
		b.WriteString(" " + category + ": " + strings.Join(parts, ", ") + ".")
	}
	letters := []rune(b.String())
	if len(letters) > mostAlt {
		return string(letters[:mostAlt-1]) + "…"
	}
	return string(letters)
}
