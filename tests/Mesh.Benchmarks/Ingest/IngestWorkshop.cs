using System.Security.Cryptography;
using System.Text;
using Mesh.Columnar;
using Mesh.Commands.Ingest;
using Mesh.Decode;
using Mesh.Formats;
using Mesh.Kafka;
using Mesh.Kafka.Events;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Partition;
using Mesh.Storage;
using Mesh.Streaming.Ingest;
using Mesh.Streaming.Topologies;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Benchmarks.Ingest;

/// <summary>Landing area, lake and catalogue in a folder; runs one recording through the whole worker or through its parts alone.</summary>
internal sealed class IngestWorkshop : IDisposable
{
    private readonly string folder;
    private readonly MetadataDatabase database;
    private readonly LocalObjectStore landing;
    private readonly LocalObjectStore lake;
    private readonly TableCatalogue catalogue;
    private readonly RecordingStore recordings;
    private readonly UploadProcessor processor;
    private readonly IngestOptions options;

    public IngestWorkshop(string parent, string topology)
    {
        folder = Directory.CreateDirectory(Path.Combine(parent, Guid.NewGuid().ToString("N"))).FullName;
        database = MetadataDatabase.Open(Path.Combine(folder, "mesh.db"));
        landing = new LocalObjectStore(Path.Combine(folder, "landing"));
        lake = new LocalObjectStore(Path.Combine(folder, "lake"));
        catalogue = new TableCatalogue(database, lake, TimeProvider.System);
        recordings = new RecordingStore(database, TimeProvider.System);
        options = IngestOptions.Read(Topology.Parse(topology, "benchmark.yaml")) with { SpillFolder = folder };
        processor = new UploadProcessor(options, landing, lake, catalogue, recordings, static (letter, _) => throw new InvalidOperationException(letter.Reason), TimeProvider.System, NullLogger.Instance);
    }

    /// <summary>Makes a recording known under a vehicle; the file is linked, not copied.</summary>
    public async Task<UploadAccepted> LandAsync(string path, string vehicle)
    {
        byte[] content = SHA256.HashData(Encoding.UTF8.GetBytes(path));
        var id = IngestId.Compute(content, vehicle);
        string key = $"{id}{Path.GetExtension(path)}";
        File.CreateSymbolicLink(Path.Combine(folder, "landing", key), path);
        var entry = new RecordingEntry
        {
            IngestId = id, VehicleId = vehicle, FileName = Path.GetFileName(path), Uri = landing.UriOf(key), SizeBytes = new FileInfo(path).Length,
            ContentSha256 = Convert.ToHexStringLower(content), AcceptedAt = DateTimeOffset.UnixEpoch,
        };
        await recordings.TryAddAsync(entry, static _ => Task.CompletedTask, default);
        return new UploadAccepted { IngestId = id.ToString(), VehicleId = vehicle, FileName = entry.FileName, Uri = entry.Uri, SizeBytes = entry.SizeBytes, ContentSha256 = entry.ContentSha256 };
    }

    /// <summary>From landing object to committed snapshots; returns the messages.</summary>
    public async Task<long> WholeAsync(UploadAccepted upload)
    {
        var outcome = await processor.ProcessUploadAsync(upload, new EventPosition(Topics.Uploads, 0, 0), default);
        foreach (var written in outcome.Events)
        {
            var files = written.Files.Select(FileSetEvents.FromEvent);
            var set = new IngestSet(IngestId.Parse(written.IngestId), written.Topology, written.TopologyVersion, written.AttemptId, [.. files]);
            await catalogue.AppendAsync(TableIdentifier.Parse(written.Table), new AppendRequest { Sets = [set] }, default);
        }

        return outcome.Events[0].Account.MessagesIn;
    }

    /// <summary>Reads and decompresses alone.</summary>
    public async Task<long> ReadAsync(UploadAccepted upload)
    {
        await using var reader = await RecordingFormats.OpenAsync(await landing.OpenAsync(landing.KeyOf(upload.Uri), default), options.Decode.Reader with { Parallelism = 1 }, default);
        long messages = 0;
        while (await reader.ReadBlockAsync(default) is { } block) messages += block.Messages.Length;
        return messages;
    }

    /// <summary>Reads, decompresses and decodes; keeps the batches when asked to.</summary>
    public async Task<List<ChannelBatch>> DecodeAsync(UploadAccepted upload, bool keep)
    {
        var single = options.Decode with { Reader = options.Decode.Reader with { Parallelism = 1 } };
        var decoder = new RecordingDecoder(single, landing, static (_, _) => Task.CompletedTask, TimeProvider.System, NullLogger.Instance);
        List<ChannelBatch> batches = [];
        await foreach (var batch in decoder.DecodeAsync(Context(upload), new DecodeAccount(), default))
        {
            if (keep) batches.Add(batch);
        }

        return batches;
    }

    /// <summary>Sorts, encodes and compresses batches into Parquet files.</summary>
    public async Task<long> EncodeAsync(UploadAccepted upload, IReadOnlyList<ChannelBatch> batches)
    {
        await using var partitioner = new TablePartitioner(Context(upload), options.Partition, SchemaChangePolicy.Evolve, catalogue, lake);
        foreach (var batch in batches) await partitioner.WriteAsync(batch, default);
        return (await partitioner.CompleteAsync(default)).Sum(table => table.Files.Sum(file => file.File.FileBytes));
    }

    public void Dispose()
    {
        processor.Dispose();
        database.Dispose();
        Directory.Delete(folder, recursive: true);
    }

    private static UploadContext Context(UploadAccepted upload) => new(
        IngestId.Parse(upload.IngestId), upload.VehicleId, upload.Uri, Guid.NewGuid().ToString("N"), "benchmark", "1", new EventPosition(Topics.Uploads, 0, 0)) { FileName = upload.FileName };
}
