package form

import (
	"cmp"
	"errors"
	"math"
	"strconv"
	"strings"
)

// Decimal is a number as people type it, without the rounding of floats. Equal
// numbers are equal with ==: 1.50 is kept as 1.5.
type Decimal struct {
	unscaled int64
	scale    uint8 // digits after the point
}

const (
	maxDigits = 15 // in all, so that a float holds every Decimal
	maxScale  = 9
)

var errDecimal = errors.New("form: not a number of at most 15 digits, 9 of them after the point")

// ParseDecimal reads "-12.50": digits with one point at most.
func ParseDecimal(text string) (Decimal, error) {
	digits, negative := strings.CutPrefix(text, "-")
	whole, fraction, _ := strings.Cut(digits, ".")
	whole = strings.TrimLeft(whole, "0")
	fraction = strings.TrimRight(fraction, "0")
	if len(fraction) > maxScale || len(whole)+len(fraction) > maxDigits || !strings.ContainsAny(digits, "0123456789") {
		return Decimal{}, errDecimal
	}
	var n int64
	for _, c := range whole + fraction {
		if c < '0' || c > '9' {
			return Decimal{}, errDecimal
		}
		n = n*10 + int64(c-'0')
	}
	if negative {
		n = -n
	}
	return Decimal{n, uint8(len(fraction))}, nil
}

// Float is the number as a float.
func (d Decimal) Float() float64 { return float64(d.unscaled) / math.Pow10(int(d.scale)) }

// Compare is -1, 0 or 1 as d is below, equal to or above o.
func (d Decimal) Compare(o Decimal) int { return cmp.Compare(d.Float(), o.Float()) }

// Equal tells whether the numbers are the same.
func (d Decimal) Equal(o Decimal) bool { return d == o }

// String gives the number as ParseDecimal reads it.
func (d Decimal) String() string { return d.format("") }

// Grouped gives the number as people read it: 12,000.5.
func (d Decimal) Grouped() string { return d.format(",") }

func (d Decimal) format(group string) string {
	n := strconv.FormatInt(d.unscaled, 10)
	n, negative := strings.CutPrefix(n, "-")
	if missing := int(d.scale) + 1 - len(n); missing > 0 {
		n = strings.Repeat("0", missing) + n
	}
	whole, fraction := n[:len(n)-int(d.scale)], n[len(n)-int(d.scale):]
	whole = grouped(whole, group)
	if negative {
		whole = "-" + whole
	}
	if fraction == "" {
		return whole
	}
	return whole + "." + fraction
}

// grouped parts the digits in groups of three.
func grouped(digits, sep string) string {
	if sep == "" {
		return digits
	}
	var b strings.Builder
	for i, c := range digits {
		if i > 0 && (len(digits)-i)%3 == 0 {
			b.WriteString(sep)
		}
		b.WriteRune(c)
	}
	return b.String()
}

// MarshalJSON writes a JSON number.
func (d Decimal) MarshalJSON() ([]byte, error) { return []byte(d.String()), nil }

// UnmarshalJSON reads a JSON number of the kind MarshalJSON writes.
func (d *Decimal) UnmarshalJSON(raw []byte) error {
	read, err := ParseDecimal(string(raw))
	if err != nil {
		return err
	}
	*d = read
	return nil
}
