using Mesh.Columnar;
using Mesh.Lakehouse.Iceberg;
using Mesh.Lakehouse.Maintenance;

namespace Mesh.Lakehouse.Tests.Maintenance;

/// <summary>A table of many small uploads, and its rows to compare.</summary>
internal static class MaintenanceLake
{
    public const int RowsPerUpload = 50;

    /// <summary>Sizes at which the tests' tiny files count as small, and several of them make a file.</summary>
    public static CompactionOptions Options { get; } = new() { MinInputFiles = 2 };

    private static CancellationToken None => TestContext.Current.CancellationToken;

    /// <summary>Appends uploads <paramref name="first"/> and following, each of one file, one snapshot each.</summary>
    public static async Task<Table> AppendAsync(this LakeFixture lake, int first, int count, TableCatalogue? catalogue = null)
    {
        catalogue ??= lake.Catalogue;
        var table = await catalogue.LoadAsync(LakeFixture.Imu, None);
        for (int upload = first; upload < first + count; upload++)
        {
            // Later uploads hold earlier rows, so that sorting has something to do.
            var batch = ForeignReaderTests.ImuBatch(table.Schema, $"rec{upload}", (1000 - upload) * RowsPerUpload, RowsPerUpload);
            object?[] partition = [.. table.PartitionBy.Select(field => PartitionTransforms.Apply(field, batch[field.SourceColumn], 0))];
            var file = await lake.WriteAsync(table, batch, partition);
            await catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{upload}", file)), None);
        }

        return await catalogue.LoadAsync(LakeFixture.Imu, None);
    }

    /// <summary>All rows as text, in order of their text: equal exactly when the sets of rows are.</summary>
    public static async Task<List<string>> RowsAsync(this LakeFixture lake, ScanOptions? options = null)
    {
        var rows = new List<string>();
        await foreach (var batch in lake.Catalogue.ScanAsync(LakeFixture.Imu, options ?? new ScanOptions(), None)) rows.AddRange(Rows(batch));
        rows.Sort(StringComparer.Ordinal);
        return rows;
    }

    public static IEnumerable<string> Rows(RecordBatch batch) => Enumerable.Range(0, batch.Length).Select(row =>
        $"{batch["recording_id"].GetString(row)} {batch["vehicle_id"].GetString(row)} {batch["sequence"].Values<long>()[row]} "
        + $"{batch["log_time"].Values<long>()[row]} {(batch["ax"].IsNull(row) ? "null" : BitConverter.DoubleToInt64Bits(batch["ax"].Values<double>()[row]))}");

    public static async Task<List<PlannedFile>> FilesAsync(this LakeFixture lake)
    {
        var files = new List<PlannedFile>();
        await foreach (var file in lake.Catalogue.PlanAsync(LakeFixture.Imu, new ScanOptions(), None)) files.Add(file);
        return files;
    }

    /// <summary>Deletes rows of a file by position, as another engine does.</summary>
    public static async Task DeleteRowsAsync(this LakeFixture lake, DataFile file, params long[] positions)
    {
        var paths = new BinaryBuilder(DataType.Utf8);
        var rows = new FixedWidthBuilder<long>(DataType.Int64);
        foreach (long position in positions)
        {
            paths.Append(file.Uri);
            rows.Append(position);
        }

        var schema = new Schema([ReservedFields.FilePath, ReservedFields.Position]);
        var table = await lake.Catalogue.LoadAsync(LakeFixture.Imu, None);
        var deletes = await lake.WriteAsync(table, new RecordBatch(schema, positions.Length, [paths.Build(), rows.Build()]), [.. file.Partition]);
        await lake.Catalogue.ChangeAsync(
            LakeFixture.Imu,
            async state =>
            {
                var metadata = lake.Catalogue.Succeed(state);
                var writer = new SnapshotWriter(lake.Catalogue, lake.Store, new TableCatalogueOptions(), state, metadata.LastUpdatedMs);
                var change = new SnapshotChange { Operation = "delete", Added = [new AddedFile(deletes with { Content = DataFileContent.PositionDeletes }, metadata.DefaultSpecId)] };
                var snapshot = await writer.WriteAsync(change, state.Metadata.CurrentSnapshot, None);
                return new TableChange(
                    metadata with
                    {
                        LastSequenceNumber = snapshot.SequenceNumber, CurrentSnapshotId = snapshot.SnapshotId, Snapshots = [.. metadata.Snapshots, snapshot],
                        SnapshotLog = [.. metadata.SnapshotLog, new(metadata.LastUpdatedMs, snapshot.SnapshotId)],
                    },
                    writer.WrittenUris);
            },
            None);
    }

    public static async Task<List<string>> ObjectsAsync(this LakeFixture lake)
    {
        var keys = new List<string>();
        await foreach (var entry in lake.Store.ListAsync("", None)) keys.Add(entry.Key);
        return keys;
    }
}
