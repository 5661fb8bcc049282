package search

import (
	"runtime"
	"testing"
	"time"
)

// TestRebuildsLeaveNothingBehind builds and closes as a year of edits would.
func TestRebuildsLeaveNothingBehind(t *testing.T) {
	pb := book("One: alpha beta", "Two: gamma")
	build(t, pb).Close()
	before := runtime.NumGoroutine()
	start := time.Now()
	var heap []uint64
	for i := range 300 {
		x := build(t, pb)
		x.Search("alpha", 3)
		x.Close()
		if i%100 == 99 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			heap = append(heap, m.HeapAlloc)
		}
	}
	t.Logf("300 builds in %v, heap %v", time.Since(start), heap)
	for deadline := time.Now().Add(2 * time.Second); runtime.NumGoroutine() > before && time.Now().Before(deadline); {
		time.Sleep(10 * time.Millisecond)
	}
	if after := runtime.NumGoroutine(); after > before {
		t.Errorf("%d goroutines are left of 300 builds", after-before)
	}
	if grown := int64(heap[2]) - int64(heap[0]); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes over 200 builds", grown)
	}
}
