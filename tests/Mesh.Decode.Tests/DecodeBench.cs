using System.Collections.Concurrent;
using System.Text;
using Mesh.Decode;
using Mesh.Formats.Mcap;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Model;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Decode.Tests;

/// <summary>A landing area with recordings written for a test, and what decoding them produced.</summary>
internal sealed class DecodeBench : IDisposable
{
    public const string PointSchema = "float64 x\nfloat64 y\n";
    public const ulong StartNs = 1_700_000_000_000_000_123;

    private readonly TemporaryFolder folder = new();

    public DecodeBench() => Landing = new LocalObjectStore(folder["landing"]);

    public LocalObjectStore Landing { get; }

    public ConcurrentQueue<DeadLetter> Letters { get; } = [];

    public DecodeAccount Account { get; private set; } = new();

    public static UploadContext Upload(string uri) => new(
        IngestId.Compute(new byte[32], "V1"), "V1", uri, "attempt1", "test", "v1", new EventPosition("fleet.uploads.v1", 0, 7));

    public static byte[] Point(double x, double y) => [0, 1, 0, 0, .. BitConverter.GetBytes(x), .. BitConverter.GetBytes(y)];

    public async Task<byte[]> WriteAsync(Func<McapWriter, CancellationToken, Task> fill, McapWriterOptions? options = null)
    {
        using var stream = new MemoryStream();
        await using (var writer = new McapWriter(stream, options))
        {
            await fill(writer, TestContext.Current.CancellationToken);
            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        return stream.ToArray();
    }

    public static ushort AddPointChannel(McapWriter writer, string topic, string schema = PointSchema, string name = "demo_msgs/msg/Point") =>
        writer.AddChannel(writer.AddSchema(name, "ros2msg", Encoding.UTF8.GetBytes(schema)), topic, "cdr");

    public async Task<List<ChannelBatch>> DecodeAsync(byte[] recording, DecodeOptions? options = null)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        await Landing.PutAsync("r.mcap", recording, PutMode.Overwrite, cancellationToken);
        Letters.Clear();
        Account = new DecodeAccount();
        var decoder = new RecordingDecoder(
            options ?? new DecodeOptions(), Landing, (letter, _) => { Letters.Enqueue(letter); return Task.CompletedTask; }, TimeProvider.System, NullLogger.Instance);
        var batches = new List<ChannelBatch>();
        await foreach (var batch in decoder.DecodeAsync(Upload(Landing.UriOf("r.mcap")), Account, cancellationToken)) batches.Add(batch);
        return batches;
    }

    public void Dispose() => folder.Dispose();
}
