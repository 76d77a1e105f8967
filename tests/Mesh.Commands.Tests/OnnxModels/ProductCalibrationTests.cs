using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Commands.OnnxModels;
using Mesh.Commands.Queries;
using Mesh.Commands.Topologies;
using Mesh.Lakehouse;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Metadata;
using Mesh.Lakehouse.Recordings;
using Mesh.Model;
using Mesh.Onnx;
using Mesh.Storage;
using Mesh.Testing;

namespace Mesh.Commands.Tests.OnnxModels;

public sealed class ProductCalibrationTests : IDisposable
{
    private static readonly TableIdentifier Frames = new("raw", "frames");

    private static readonly Schema Columns = new(
    [
        new Field("recording_id", DataType.Utf8, Nullable: false),
        new Field("channel", DataType.Utf8, Nullable: false),
        new Field("sequence", DataType.Int64, Nullable: false),
        new Field("imu", new StructType([new("x", DataType.Float64), new("y", DataType.Float32)])),
        new Field("speed", DataType.Int32),
        new Field("label", DataType.Utf8),
    ]);

    private readonly TemporaryFolder folder = new();
    private readonly MetadataDatabase database;
    private readonly LocalObjectStore store;
    private readonly TableCatalogue catalogue;
    private readonly LocalQueries queries;

    public ProductCalibrationTests()
    {
        database = MetadataDatabase.Open(folder["mesh.db"]);
        store = new LocalObjectStore(folder["lake"]);
        catalogue = new TableCatalogue(database, store, TimeProvider.System);
        queries = new LocalQueries(database, catalogue, new RecordingStore(database, TimeProvider.System), ProductNames.Of([]), store, new NoServer());
    }

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    public void Dispose()
    {
        database.Dispose();
        folder.Dispose();
    }

    /// <summary>A recording of frames whose values tell which they are: x is the sequence number, y a tenth of it, speed its negative.</summary>
    private static RecordBatch Recording(string id, IEnumerable<int> frames, int missing = -1)
    {
        var rows = new StructBuilder(Columns.AsStruct());
        foreach (int frame in frames)
        {
            ((BinaryBuilder)rows.Children[0]).Append(id);
            ((BinaryBuilder)rows.Children[1]).Append("front");
            ((FixedWidthBuilder<long>)rows.Children[2]).Append(frame);
            var imu = (StructBuilder)rows.Children[3];
            if (frame == missing)
            {
                imu.AppendNull();
            }
            else
            {
                ((FixedWidthBuilder<double>)imu.Children[0]).Append(frame);
                ((FixedWidthBuilder<float>)imu.Children[1]).Append(frame / 10f);
                imu.EndStruct();
            }

            ((FixedWidthBuilder<int>)rows.Children[4]).Append(-frame);
            ((BinaryBuilder)rows.Children[5]).Append("turn");
            rows.EndStruct();
        }

        return rows.BuildBatch();
    }

    private async Task<Snapshot> AppendAsync(string upload, RecordBatch batch)
    {
        var table = await catalogue.EnsureAsync(Frames, new TableDefinition(Columns, [], [], new Dictionary<string, string>()), SchemaChangePolicy.Evolve, Token);
        string key = $"raw/frames/data/{upload}.parquet";
        await using var writer = await store.CreateAsync(key, PutMode.IfAbsent, Token);
        // Field ids are the table's.
        var withIds = new RecordBatch(table.Schema, batch.Length, batch.Columns);
        await using var parquet = new ParquetWriter(writer.Stream, table.Schema, new ParquetWriterOptions { Metadata = new Dictionary<string, string> { ["iceberg.schema"] = IcebergTypes.ToJson(table.Schema, table.SchemaId) } });
        await parquet.WriteAsync(withIds, Token);
        var summary = await parquet.CompleteAsync(Token);
        await writer.CompleteAsync(Token);
        var file = new DataFile { Uri = store.UriOf(key), RowCount = summary.RowCount, FileBytes = summary.FileBytes, Partition = [], Columns = summary.Columns, SplitOffsets = summary.SplitOffsets };
        var ingest = IngestId.Compute(System.Security.Cryptography.SHA256.HashData(System.Text.Encoding.UTF8.GetBytes(upload)), "V1");
        return (await catalogue.AppendAsync(Frames, new AppendRequest { Sets = [new IngestSet(ingest, "fleet", "v1", "attempt-1", [file])] }, Token)).Snapshot!;
    }

    private static OnnxSignature Takes(params ReadOnlySpan<long> sizesAfterBatch)
    {
        long count = 1;
        foreach (long size in sizesAfterBatch) count *= size;
        byte[] model = new OnnxModelBuilder("m", "1").AddInput("window", sizesAfterBatch).AddNode("Flatten", ["window"], "out", ("axis", 1)).AddOutput("out", count).AddMetadata("stride", "2").Build();
        return OnnxModelReader.Read(model).Signature;
    }

    private static ProductCalibrationOptions Options(params string[] columns) => new() { Product = "raw.frames", Columns = columns, Samples = 1000, BatchSize = 4 };

    private async Task<(List<float[]> Samples, CalibrationReport Report)> ReadAsync(OnnxSignature signature, ProductCalibrationOptions options)
    {
        var source = new ProductCalibration(queries, options);
        var samples = new List<float[]>();
        await foreach (var batch in await source.OpenAsync(signature, Token))
        {
            var tensor = batch["window"];
            int size = (int)(tensor.Count / tensor.Dimensions[0]);
            tensor.Dimensions[0].ShouldBeLessThanOrEqualTo(4);
            for (int i = 0; i < tensor.Dimensions[0]; i++) samples.Add(tensor.As<float>().Slice(i * size, size).ToArray());
        }

        return (samples, source.Describe());
    }

    [Fact]
    public async Task A_row_is_a_sample_with_its_columns_in_the_order_named()
    {
        var snapshot = await AppendAsync("a", Recording("r1", Enumerable.Range(0, 6), missing: 2));

        var (samples, report) = await ReadAsync(Takes(3), Options("speed", "imu.x", "imu.y"));

        samples.ShouldBe([[0, 0, 0], [-1, 1, 0.1f], [-3, 3, 0.3f], [-4, 4, 0.4f], [-5, 5, 0.5f]]);
        (report.Product, report.Table, report.SnapshotId, report.Samples, report.Candidates, report.Seed).ShouldBe(("raw.frames", "raw.frames", snapshot.SnapshotId, 5, 5L, 7L));
    }

    [Fact]
    public async Task Windows_are_consecutive_frames_of_one_recording_without_gaps_and_missing_values_whatever_file_they_are_in()
    {
        // Recording r1 lies in two files, the later part first; r2 has a gap after frame 3.
        await AppendAsync("a", Recording("r1", Enumerable.Range(5, 5)));
        await AppendAsync("b", Recording("r1", Enumerable.Range(0, 5), missing: 1));
        await AppendAsync("c", Recording("r2", [20, 21, 22, 23, 25, 26, 27, 28]));

        var (samples, report) = await ReadAsync(Takes(3, 2), Options("imu.x", "speed"));

        // Starts are 2 apart, as the model's metadata say, counted in rows.
        samples.Select(sample => (int)sample[0]).ShouldBe([2, 4, 6, 20, 25]);
        samples[0].ShouldBe([2, -2, 3, -3, 4, -4]);
        (report.Samples, report.Candidates).ShouldBe((5, 5L));
    }

    [Fact]
    public async Task The_draw_depends_on_seed_and_rows_and_not_on_files_and_says_which_rows_they_were()
    {
        await AppendAsync("a", Recording("r1", Enumerable.Range(0, 60)));
        var (all, first) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20 });
        var (same, again) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20 });
        var (_, other) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20, Seed = 8 });
        // The other half of the table arrives; the snapshot before it still gives what it gave.
        await AppendAsync("b", Recording("r0", Enumerable.Range(0, 60)));
        var (before, pinned) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20, At = $"{first.SnapshotId}" });
        var (_, now) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20 });
        var (_, only) = await ReadAsync(Takes(1), Options("imu.x") with { Samples = 20, Where = "recording_id = 'r1'" });

        all.Count.ShouldBe(20);
        same.ShouldBe(all);
        before.ShouldBe(all);
        (again.RowsDigest, pinned.RowsDigest, only.RowsDigest).ShouldBe((first.RowsDigest, first.RowsDigest, first.RowsDigest));
        other.RowsDigest.ShouldNotBe(first.RowsDigest);
        now.RowsDigest.ShouldNotBe(first.RowsDigest);
        (pinned.SnapshotId, now.SnapshotId == first.SnapshotId, now.Candidates).ShouldBe((first.SnapshotId, false, 120L));
    }

    [Fact]
    public async Task Deleted_rows_are_not_drawn()
    {
        await AppendAsync("a", Recording("r1", Enumerable.Range(0, 10)));
        await catalogue.DeleteRowsAsync(Frames, PredicateParser.Parse("sequence >= 4"), new DeleteOptions(), Token);

        var (samples, _) = await ReadAsync(Takes(1), Options("imu.x"));

        samples.Select(sample => (int)sample[0]).ShouldBe([0, 1, 2, 3]);
    }

    [Fact]
    public async Task What_does_not_fit_is_refused_with_what_would()
    {
        await AppendAsync("a", Recording("r1", Enumerable.Range(0, 10)));

        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(3), Options("imu.x")))).Message.ShouldContain("takes [batch, 3], and 1 columns are named");
        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(1), Options("label")))).Message.ShouldContain("'label' is no column of numbers");
        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(1), Options("imu.z")))).Code.ShouldBe("MESH11092");
        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(20, 1), Options("imu.x")))).Message.ShouldContain("has no sample for this model: 10 rows were read");
        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(2, 1), Options("imu.x") with { MaxRows = 5 }))).Message.ShouldContain("more than 5 rows");
        (await Should.ThrowAsync<MeshException>(() => ReadAsync(Takes(1), Options("imu.x") with { Product = "none" }))).Code.ShouldBe("MESH11031");
    }

    private sealed class NoServer : IServerFacts
    {
        public Task<StatusView> GetStatusAsync(CancellationToken cancellationToken) => throw new NotSupportedException();

        public Task CatchUpWithLettersAsync(CancellationToken cancellationToken) => Task.CompletedTask;
    }
}
