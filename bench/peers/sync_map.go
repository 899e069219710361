// Copyright 2026 The Portolan Authors. SPDX-License-Identifier: Apache-2.0
//
// Go's sync.Map in the loop in which bench/micro/family.cpp measures ours: the same keys, the same stream, as long.
//
//	usage: sync_map u64|text KEYS WRITES_PERCENT THREADS MILLISECONDS        prints millions of operations a second
//
// A value is the key's number. Go keeps any value behind an interface; the keys are given to it in either form, as the
// stream has them (`plain`) and as interfaces made before the clock starts (`boxed`), and the better figure is printed.
package main

import (
	"fmt"
	"os"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"time"
)

const streamLength = 1 << 17
const chunk = 1024

func mix(z uint64) uint64 {
	z += 0x9E3779B97F4A7C15
	z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9
	z = (z ^ (z >> 27)) * 0x94D049BB133111EB
	return z ^ (z >> 31)
}

func numberKey(i uint64) uint64 { return mix(i) >> 2 }

// 16 to 32 characters.
func textKey(i uint64) string {
	return fmt.Sprintf("key/%012d/%s", i, "abcdefghijklmnop"[:mix(i)%16])
}

type step[K comparable] struct {
	key   K
	boxed any
	write bool
}

func stream[K comparable](thread, keys, writes uint64, name func(uint64) K) []step[K] {
	steps := make([]step[K], streamLength)
	for i := range steps {
		drawn := mix(thread<<32 | uint64(i))
		key := name(drawn % keys)
		steps[i] = step[K]{key, any(key), mix(drawn)%100 < writes}
	}
	return steps
}

func measure[K comparable](keys, writes uint64, threads int, spent time.Duration, name func(uint64) K, boxed bool) float64 {
	var table sync.Map
	for i := uint64(0); i < keys; i++ {
		table.Store(name(i), i)
	}
	for i := uint64(0); i < 2*keys; i++ { // until the dirty table has become the read table
		table.Load(name(i % keys))
	}
	runtime.GC()
	streams := make([][]step[K], threads)
	for t := range streams {
		streams[t] = stream(uint64(t), keys, writes, name)
	}
	var stop atomic.Bool
	var all, sink uint64
	var ready, done sync.WaitGroup
	ready.Add(threads)
	done.Add(threads)
	begin := make(chan struct{})
	for t := 0; t < threads; t++ {
		go func(steps []step[K]) {
			ready.Done()
			<-begin
			var count, sum uint64
			for at := 0; !stop.Load(); at = (at + chunk) % streamLength {
				for i := at; i < at+chunk; i++ {
					s := &steps[i]
					if s.write {
						if boxed {
							table.Store(s.boxed, uint64(i))
						} else {
							table.Store(s.key, uint64(i))
						}
						continue
					}
					var value any
					if boxed {
						value, _ = table.Load(s.boxed)
					} else {
						value, _ = table.Load(s.key)
					}
					sum += value.(uint64)
				}
				count += chunk
			}
			atomic.AddUint64(&all, count)
			atomic.AddUint64(&sink, sum)
			done.Done()
		}(streams[t])
	}
	ready.Wait()
	start := time.Now()
	close(begin)
	time.Sleep(spent)
	stop.Store(true)
	done.Wait()
	return float64(all) / time.Since(start).Seconds() / 1e6
}

func best[K comparable](keys, writes uint64, threads int, spent time.Duration, name func(uint64) K) float64 {
	plain := measure(keys, writes, threads, spent, name, false)
	boxed := measure(keys, writes, threads, spent, name, true)
	if boxed > plain {
		return boxed
	}
	return plain
}

func number(at int) uint64 {
	value, err := strconv.ParseUint(os.Args[at], 10, 32)
	if err != nil || value == 0 {
		fmt.Fprintln(os.Stderr, "usage: sync_map u64|text KEYS WRITES_PERCENT THREADS MILLISECONDS")
		os.Exit(2)
	}
	return value
}

func main() {
	if len(os.Args) != 6 {
		number(0)
	}
	keys, writes, threads := number(2), number(3), int(number(4))
	spent := time.Duration(number(5)) * time.Millisecond
	runtime.GOMAXPROCS(threads)
	if os.Args[1] == "text" {
		fmt.Printf("%.3f\n", best(keys, writes, threads, spent, textKey))
	} else {
		fmt.Printf("%.3f\n", best(keys, writes, threads, spent, numberKey))
	}
}
