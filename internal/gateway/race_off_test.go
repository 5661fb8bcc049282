//go:build !race

package gateway

// raceDetector makes everything ten times as slow.
const raceDetector = false
