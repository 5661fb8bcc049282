package picture

import (
	"bytes"
	"encoding/json"
	"errors"
	"image/png"
	"os"
	"testing"

	"github.com/slack-go/slack"
)

func chart(t testing.TB, categories []string, series ...slack.DataVisualizationDataSeries) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(slack.NewDataVisualizationBlock("Handoffs by day", slack.NewDataVisualizationBarChart(slack.NewDataVisualizationAxisConfig(categories...), series...)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

// lines is the same as a line chart.
func lines(t testing.TB, categories []string, series ...slack.DataVisualizationDataSeries) json.RawMessage {
	t.Helper()
	raw, err := json.Marshal(slack.NewDataVisualizationBlock("Handoffs by week", slack.NewDataVisualizationLineChart(slack.NewDataVisualizationAxisConfig(categories...), series...)))
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func series(name string, categories []string, values ...float64) slack.DataVisualizationDataSeries {
	s := slack.NewDataVisualizationDataSeries(name)
	for i, v := range values {
		s.Data = append(s.Data, slack.NewDataVisualizationDataPoint(categories[i], v))
	}
	return s
}

func TestAChartIsDrawnAndSaid(t *testing.T) {
	days := []string{"Mon 30 Nov", "Tue 1 Dec", "Wed 2 Dec", "Thu 3 Dec", "Fri 4 Dec"}
	shown := []slack.DataVisualizationDataSeries{series("Sent", days, 3, 1, 0, 4, 2), series("Accepted", days, 1, 1, 0, 2, 2), series("Declined", days, 0, 1, 0, 0, 1)}
	for name, tc := range map[string]struct {
		block json.RawMessage
		want  string
	}{
		"bars":  {chart(t, days, shown...), "Handoffs by day. Mon 30 Nov: Sent 3, Accepted 1, Declined 0. Tue 1 Dec: Sent 1, Accepted 1, Declined 1."},
		"lines": {lines(t, days, shown...), "Handoffs by week. Mon 30 Nov: Sent 3, Accepted 1, Declined 0. Tue 1 Dec: Sent 1, Accepted 1, Declined 1."},
	} {
		t.Run(name, func(t *testing.T) {
			drawn, alt, err := PNG(tc.block)
			if err != nil {
				t.Fatal(err)
			}
			if to := os.Getenv("PICTURE"); to != "" {
				_ = os.WriteFile(to+"-"+name+".png", drawn, 0o600)
			}
			if !bytes.HasPrefix([]byte(alt), []byte(tc.want)) {
				t.Errorf("said %q", alt)
			}
			image, err := png.Decode(bytes.NewReader(drawn))
			if err != nil {
				t.Fatal(err)
			}
			colours := map[[3]uint32]int{}
			for y := range image.Bounds().Dy() {
				for x := range image.Bounds().Dx() {
					r, g, b, _ := image.At(x, y).RGBA()
					colours[[3]uint32{r, g, b}]++
				}
			}
			large := 0
			for _, n := range colours {
				if n > 500 {
					large++
				}
			}
			if large < 4 { // the ground, and three series
				t.Errorf("the picture has %d colours that cover something, want the ground's and three more", large)
			}
		})
	}
}

func TestWhatIsNeitherBarsNorLinesIsNotDrawn(t *testing.T) {
	pie, err := json.Marshal(slack.NewDataVisualizationBlock("Pie", slack.NewDataVisualizationPieChart(slack.NewDataVisualizationSegment("a", 1))))
	if err != nil {
		t.Fatal(err)
	}
	for name, raw := range map[string]string{"a pie": string(pie), "no chart": `{"type":"section"}`, "no JSON": `{`} {
		t.Run(name, func(t *testing.T) {
			if _, _, err := PNG(json.RawMessage(raw)); err == nil || name == "a pie" && !errors.Is(err, ErrNotDrawn) {
				t.Errorf("err = %v", err)
			}
		})
	}
}

// Of handoffs there is no half: the axis has whole steps, and the highest bar
// still fits.
func TestTheAxisHasWholeSteps(t *testing.T) {
	for name, tc := range map[string]struct {
		values []float64
		top    float64
		labels int
	}{
		"nothing":      {[]float64{0, 0}, 1, 2},
		"one":          {[]float64{0, 1}, 1, 2},
		"three":        {[]float64{2, 3}, 3, 4},
		"seven":        {[]float64{7}, 8, 5},
		"twenty-three": {[]float64{23, 1}, 25, 6},
		"a thousand":   {[]float64{1000}, 1000, 6},
		"halves":       {[]float64{0.5}, 0, 0},
		"debts":        {[]float64{-1}, 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			o := axisOf([][]float64{tc.values})
			top := 0.0
			if o.Max != nil {
				top = *o.Max
			}
			if top != tc.top || o.LabelCount != tc.labels {
				t.Errorf("it ends at %g with %d labels, want %g with %d", top, o.LabelCount, tc.top, tc.labels)
			}
		})
	}
	if got := number(3 * 0.8); got != "2.4" {
		t.Errorf("2.4 is written %s", got)
	}
}

// Words that mean something to a chart library, or to Slack, are drawn and said
// as they are.
func TestHostileWordsAreDrawnAsTheyAre(t *testing.T) {
	labels := []string{"<!channel>", "{b}: {c}", "{{first_name}}", "&lt;@U1&gt;", "=1+1", "👩‍👩‍👧", "%s%d%n"}
	drawn, alt, err := PNG(chart(t, labels, series("{a} <!here>", labels, 1, 2, 3, 4, 5, 6, 7)))
	if err != nil {
		t.Fatal(err)
	}
	if _, err := png.Decode(bytes.NewReader(drawn)); err != nil {
		t.Error(err)
	}
	if want := "{b}: {c}: {a} <!here> 2."; !bytes.Contains([]byte(alt), []byte(want)) {
		t.Errorf("said %q, want %q in it", alt, want)
	}
}
