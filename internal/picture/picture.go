package picture

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"

	"github.com/go-analyze/charts"
	"github.com/slack-go/slack"
)

// Wide enough for a phone held upright to show its words, at twice Slack's
// width of a message.
const width, height = 960, 540

// ErrNotDrawn says that a chart is of a kind that is not drawn here.
var ErrNotDrawn = errors.New("picture: only bar charts are drawn")

// PNG draws a data_visualization block. alt says in words what the picture shows.
func PNG(block json.RawMessage) (png []byte, alt string, err error) {
	var b slack.DataVisualizationBlock
	if err := json.Unmarshal(block, &b); err != nil {
		return nil, "", fmt.Errorf("picture: %w", err)
	}
	bar, is := b.Chart.(*slack.DataVisualizationBarChart)
	if !is {
		return nil, "", ErrNotDrawn
	}
	if err := b.Validate(); err != nil {
		return nil, "", fmt.Errorf("picture: %w", err)
	}
	values, names := make([][]float64, len(bar.Series)), make([]string, len(bar.Series))
	for i, s := range bar.Series {
		names[i] = s.Name
		at := map[string]float64{}
		for _, p := range s.Data {
			at[p.Label] = p.Value
		}
		for _, c := range bar.AxisConfig.Categories {
			values[i] = append(values[i], at[c])
		}
	}
	o := charts.NewBarChartOptionWithData(values)
	o.Title.Text = b.Title
	o.Legend.SeriesNames = names
	o.CategoryAxis.Labels = bar.AxisConfig.Categories
	o.ValueFormatter = number
	for i := range o.SeriesList {
		o.SeriesList[i].Label.Show = charts.Ptr(true)
		o.SeriesList[i].Label.ValueFormatter = unlessZero
	}
	p := charts.NewPainter(charts.PainterOptions{Width: width, Height: height})
	if err := p.BarChart(o); err != nil {
		return nil, "", fmt.Errorf("picture: draw %q: %w", b.Title, err)
	}
	png, err = p.Bytes()
	return png, words(b.Title, names, bar.AxisConfig.Categories, values), err
}

func number(v float64) string { return fmt.Sprintf("%g", v) }

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
