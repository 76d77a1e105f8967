using System.Collections.Concurrent;
using System.Diagnostics;
using Mesh.Lakehouse;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest.Telemetry;

/// <summary>From the broker's answer to the snapshot: measured, and told with the conditions, at the level <c>full</c>.</summary>
public class TelemetryLatencyTests
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(5000, 10_000)]
    [InlineData(300, 1_000)]
    public async Task Messages_are_visible_within_the_stated_time(int maxDelayMs, int targetMs)
    {
        Require.AtLeast(TestLevel.Full);
        const int perSecond = 1000, seconds = 15;
        await using var bench = await TelemetryBench.StartAsync();
        bench.Options = bench.Options with { MaxDelay = TimeSpan.FromMilliseconds(maxDelayMs) };
        await using var worker = bench.Run();
        await bench.SendJsonAsync("warm", """{"n": -1}""");
        await bench.UntilRowsAsync(1);

        var answered = new ConcurrentDictionary<(int Partition, long Offset), long>();
        var visible = new List<double>();
        var table = TableIdentifier.Parse("raw.speed");
        using var stop = CancellationTokenSource.CreateLinkedTokenSource(Token);
        var watching = WatchAsync();
        var sending = new List<Task>();
        for (int i = 0; i < perSecond * seconds; i += perSecond / 50)
        {
            for (int n = i; n < i + (perSecond / 50); n++) sending.Add(SendAsync(n));
            await Task.Delay(20, Token);
        }

        await Task.WhenAll(sending);
        await bench.UntilRowsAsync((perSecond * seconds) + 1);
        await Task.Delay(200, Token);
        await stop.CancelAsync();
        await watching;
        visible.Sort();
        double p50 = visible[visible.Count / 2], p99 = visible[(int)(visible.Count * 0.99)];
        var end = await bench.Catalogue.LoadAsync(table, Token);
        TestContext.Current.TestOutputHelper!.WriteLine(
            $"maxDelay {maxDelayMs} ms, {perSecond}/s for {seconds} s: p50 {p50:F0} ms, p99 {p99:F0} ms, max {visible[^1]:F0} ms, {end.Snapshots.Count} snapshots");
        p99.ShouldBeLessThan(targetMs);

        async Task SendAsync(int n)
        {
            var at = await bench.SendJsonAsync($"v{n % 50}", $$"""{"n": {{n}}}""");
            answered[(at.Partition, at.Offset)] = Stopwatch.GetTimestamp();
        }

        // The table's own offsets say which messages are visible.
        async Task WatchAsync()
        {
            var next = new Dictionary<int, long>();
            while (!stop.IsCancellationRequested)
            {
                var offsets = Lakehouse.Iceberg.SourceOffsets.Of(await bench.Catalogue.LoadAsync(table, Token));
                long now = Stopwatch.GetTimestamp();
                foreach (var (source, offset) in offsets)
                {
                    int partition = int.Parse(source.Split('@')[0].Split('-')[^1]);
                    long at = next.GetValueOrDefault(partition);
                    for (; at < offset; at++)
                    {
                        // One that is visible before its producer has the answer waits for nothing.
                        if (answered.TryGetValue((partition, at), out long sent)) visible.Add(Stopwatch.GetElapsedTime(sent, now).TotalMilliseconds);
                    }

                    next[partition] = at;
                }

                await Task.Delay(5, CancellationToken.None);
            }
        }
    }
}
