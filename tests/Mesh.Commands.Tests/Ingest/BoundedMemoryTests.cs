using System.Diagnostics;
using System.Text;
using Mesh.Commands.Ingest;
using Mesh.Formats.Mcap;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Ingest;

[CollectionDefinition(nameof(BoundedMemoryTests), DisableParallelization = true)]
public class AloneCollection;

/// <summary>Runs alone: it watches the process's heap.</summary>
[Collection(nameof(BoundedMemoryTests))]
public class BoundedMemoryTests(ITestOutputHelper output)
{
    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_recording_far_larger_than_the_memory_limit_passes_under_it()
    {
        Require.AtLeast(TestLevel.Default);
        const long Limit = 128L << 20;
        using var bench = new IngestBench(options: IngestBench.NewOptions() with { MemoryBytes = Limit, Parallelism = 2 });
        var uploads = new[] { await bench.UploadAsync("first.mcap", WriteAsync), await bench.UploadAsync("second.mcap", WriteAsync) };

        long before = GC.GetTotalMemory(forceFullCollection: true);
        long peak = 0;
        using var watching = new CancellationTokenSource();
        var watch = Task.Run(async () =>
        {
            while (!watching.IsCancellationRequested)
            {
                GC.Collect();
                peak = Math.Max(peak, GC.GetTotalMemory(forceFullCollection: false) - before);
                await Task.Delay(10);
            }
        }, Token);
        var clock = Stopwatch.StartNew();
        var outcomes = await Task.WhenAll(uploads.Select((upload, i) => bench.Processor.ProcessUploadAsync(upload, IngestBench.At(i), Token)));
        await watching.CancelAsync();
        await watch;

        long bytes = uploads.Sum(upload => upload.SizeBytes);
        output.WriteLine($"{bytes / 1e6:0} MB in {clock.Elapsed.TotalSeconds:0.0} s, {bytes / 1e6 / clock.Elapsed.TotalSeconds:0} MB/s, live heap peak {peak / 1e6:0} MB");
        outcomes.ShouldAllBe(outcome => outcome.Result == UploadResult.Written && outcome.Events[0].Account.RowsOut == 26_000);
        bytes.ShouldBeGreaterThan(2 * Limit);

        // A quarter is counted; builders, writers and the reader's chunks hold the rest of what is allowed here.
        peak.ShouldBeLessThan(Limit);
    }

    private static async Task WriteAsync(Stream stream)
    {
        var random = new Random(3);
        var writer = new McapWriter(stream, new McapWriterOptions { Compression = McapCompression.Lz4 });
        await using (writer)
        {
            ushort image = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Image", "ros2msg", "uint8[] data\n"u8.ToArray()), "/camera", "cdr");
            ushort point = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Point", "ros2msg", Encoding.UTF8.GetBytes("float64 x\nfloat64 y\n")), "/point", "cdr");
            byte[] blob = new byte[150_000];
            for (uint i = 0; i < 1000; i++)
            {
                random.NextBytes(blob);
                ulong time = IngestBench.StartNs + i * 100_000_000UL;
                await writer.WriteMessageAsync(image, i, time, time, (byte[])[0, 1, 0, 0, .. BitConverter.GetBytes(blob.Length), .. blob], Token);
                for (uint k = 0; k < 25; k++) await writer.WriteMessageAsync(point, i * 25 + k, time + k, time + k, IngestBench.Point(i, k), Token);
            }

            await writer.CompleteAsync(Token);
        }
    }
}
