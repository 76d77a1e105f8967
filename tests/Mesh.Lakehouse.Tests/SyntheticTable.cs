using System.Text;
using Mesh.Columnar.Parquet;
using Mesh.Lakehouse.Iceberg;

namespace Mesh.Lakehouse.Tests;

/// <summary>
/// A table of files that exist only in its manifests, made by real commits: 64 vehicles upload day by day, partitioned by day and by bucket of the
/// vehicle. File i holds the sequence numbers from 1,000 i on.
/// </summary>
internal sealed class SyntheticTable(LakeFixture lake)
{
    public const int RowsPerFile = 1000;
    public const int FilesPerDay = 640;
    public const int Vehicles = 64;

    private const int Buckets = 16;

    public static readonly DateTimeOffset FirstDay = new(2020, 1, 1, 0, 0, 0, TimeSpan.Zero);

    public Table Table { get; private set; } = null!;

    public static TableCatalogueOptions Options { get; } = new() { CheckFiles = false };

    public static string VehicleOf(int file) => $"V{file % Vehicles:D3}";

    public async Task CreateAsync(CancellationToken cancellationToken) => Table = await lake.Catalogue.EnsureAsync(
        LakeFixture.Imu,
        LakeFixture.Definition(LakeFixture.ImuSchema, new PartitionField("log_time", PartitionTransform.Day), new PartitionField("vehicle_id", PartitionTransform.Bucket, Buckets)),
        SchemaChangePolicy.Evolve, cancellationToken);

    /// <summary>One commit of <paramref name="count"/> files.</summary>
    public async Task<Snapshot> AppendAsync(int first, int count, CancellationToken cancellationToken)
    {
        var files = new DataFile[count];
        for (int i = 0; i < count; i++) files[i] = File(first + i);
        var outcome = await lake.Catalogue.AppendAsync(LakeFixture.Imu, LakeFixture.Request(LakeFixture.Set($"u{first}", files)), cancellationToken);
        Table = outcome.Table;
        return outcome.Snapshot!;
    }

    private DataFile File(int index)
    {
        int day = (int)(FirstDay - DateTimeOffset.UnixEpoch).TotalDays + (index / FilesPerDay);
        string vehicle = VehicleOf(index);
        byte[] name = Encoding.UTF8.GetBytes(vehicle);
        long from = day * 86_400_000_000L + ((index % FilesPerDay) * 100_000_000L);
        return new DataFile
        {
            Uri = $"{Table.LocationUri}/data/day={day}/part-{index:D9}-{(uint)(index * 2654435761u):x8}.parquet",
            RowCount = RowsPerFile,
            FileBytes = 64 << 20,
            Partition = [day, (Murmur3.Hash(name) & int.MaxValue) % Buckets],
            SplitOffsets = [4, 32 << 20],
            Columns =
            [
                Column(1, 1000, Encoding.UTF8.GetBytes($"rec{index / 64:D8}"), Encoding.UTF8.GetBytes($"rec{index / 64:D8}")),
                Column(2, 100, name, name),
                Column(3, 8000, BitConverter.GetBytes((long)index * RowsPerFile), BitConverter.GetBytes(((long)index * RowsPerFile) + RowsPerFile - 1)),
                Column(4, 8000, BitConverter.GetBytes(from), BitConverter.GetBytes(from + 99_000_000L)),
                Column(5, 8000, BitConverter.GetBytes(-1.5 * (index % 7)), BitConverter.GetBytes(2.5 * (index % 11))),
            ],
        };
    }

    private static ColumnMetrics Column(int id, long bytes, byte[] lower, byte[] upper) => new()
    {
        FieldId = id, ValueCount = RowsPerFile, NullCount = 0, ColumnBytes = bytes, LowerBound = lower, UpperBound = upper,
    };
}
