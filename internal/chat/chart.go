package chat

import (
	"strconv"

	"github.com/slack-go/slack"
)

// Slack's limits of a chart.
// Source: docs.slack.dev/reference/block-kit/blocks/data-visualization-block.
const (
	maxChartTitle  = 50
	maxChartLabel  = 20
	maxChartAxis   = 50
	maxChartSeries = 6
	maxChartPoints = 20
)

// Series is what a chart shows for each of its categories.
type Series struct {
	Name   string
	Values []float64 // one for each category; those that are missing are zero
}

// Bars is a bar chart: for each category the bars of all series side by side.
// Title, names and categories are plain text; they are shortened, and told apart
// by a number where they would be the same. Past the twentieth category and the
// sixth series nothing is shown; with no category or no series there is no chart:
// it is nil. A message bears two charts, and its numbers must stand in words, too:
// not every Slack shows charts.
func Bars(title, axis string, categories []string, series ...Series) slack.Block {
	config, shown := plotted(axis, categories, series)
	if len(shown) == 0 {
		return nil
	}
	return slack.NewDataVisualizationBlock(chartTitle(title), slack.NewDataVisualizationBarChart(config, shown...))
}

// Lines is a line chart, for what goes on over time: like Bars otherwise.
func Lines(title, axis string, categories []string, series ...Series) slack.Block {
	config, shown := plotted(axis, categories, series)
	if len(shown) == 0 {
		return nil
	}
	return slack.NewDataVisualizationBlock(chartTitle(title), slack.NewDataVisualizationLineChart(config, shown...))
}

// plotted fits what is shown into Slack's limits; nothing where there is nothing
// to show.
func plotted(axis string, categories []string, series []Series) (config slack.DataVisualizationAxisConfig, shown []slack.DataVisualizationDataSeries) {
	categories = distinct(categories[:min(len(categories), maxChartPoints)])
	series = series[:min(len(series), maxChartSeries)]
	if len(categories) == 0 {
		return config, nil
	}
	names := make([]string, len(series))
	for i, s := range series {
		names[i] = s.Name
	}
	names = distinct(names)
	for i, s := range series {
		points := make([]slack.DataVisualizationDataPoint, len(categories))
		for k, c := range categories {
			points[k].Label = c
			if k < len(s.Values) {
				points[k].Value = s.Values[k]
			}
		}
		shown = append(shown, slack.NewDataVisualizationDataSeries(names[i], points...))
	}
	config = slack.NewDataVisualizationAxisConfig(categories...)
	if axis = Shorten(fold(axis), maxChartAxis); axis != "" {
		config = config.WithYLabel(axis)
	}
	return config, shown
}

func chartTitle(title string) string {
	if title = Shorten(fold(title), maxChartTitle); title == "" {
		return "…"
	}
	return title
}

// distinct shortens labels, and numbers those that are there already.
func distinct(labels []string) []string {
	out := make([]string, 0, len(labels))
	there := map[string]bool{}
	for _, l := range labels {
		short := Shorten(fold(l), maxChartLabel)
		if short == "" {
			short = "…"
		}
		for n := 2; there[short]; n++ {
			mark := " " + strconv.Itoa(n)
			short = Shorten(fold(l), maxChartLabel-len(mark)) + mark
		}
		there[short] = true
		out = append(out, short)
	}
	return out
}
