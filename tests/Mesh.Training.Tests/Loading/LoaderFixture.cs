using Mesh.Columnar;
using Mesh.Columnar.Parquet;
using Mesh.Model;
using Mesh.Testing;
using Mesh.Training.Loading;

namespace Mesh.Training.Tests.Loading;

/// <summary>Files with a column of every kind; what is in a row follows from its recording and number.</summary>
internal sealed class LoaderFixture : IDisposable
{
    private readonly TemporaryFolder folder = new();
    private readonly List<TensorFile> files = [];
    private readonly List<long> ids = [];

    public static readonly Schema Schema = new(
    [
        new("recording_id", DataType.Utf8, Nullable: false, Id: 1),
        new("sequence", DataType.Int64, Nullable: false, Id: 2),
        new("id", DataType.Int64, Nullable: false, Id: 3),
        new("small", DataType.Int32, Id: 4),
        new("half", DataType.Float16, Nullable: false, Id: 5),
        new("pose", new StructType([new("x", DataType.Float64, Nullable: false), new("y", DataType.Float32), new("label", DataType.Utf8)]), Id: 6),
        new("flag", DataType.Boolean, Id: 7),
        new("time", DataType.TimestampMicros, Nullable: false, Id: 8),
        new("covariance", new ListType(new Field("element", DataType.Float64, Nullable: false)), Id: 9),
        new("ranges", new ListType(new Field("element", DataType.Int32, Nullable: false)), Id: 10),
        new("image", DataType.Binary, Id: 11),
        new("key", DataType.Uuid, Nullable: false, Id: 12),
        new("price", new DecimalType(10, 2), Nullable: false, Id: 13),
    ]);

    /// <summary>All columns that tensors hold.</summary>
    public static readonly string[] Columns = ["id", "small", "half", "pose", "flag", "time", "covariance[3]", "ranges", "image", "key"];

    public HashSet<string> HeldOut { get; } = [];

    public TensorSource Source => new("raw.everything", files, HeldOut);

    /// <summary>Ids of all rows added by number, in the order of the files.</summary>
    public IEnumerable<long> Ids() => ids;

    public string PathOf(int file) => folder[$"{file:D5}.parquet"];

    public static string Recording(int number) => SyntheticFrames.RecordingId(number);

    /// <summary>Writes a file of row groups; each is a recording's rows from a number on.</summary>
    public Task AddAsync(params (int Recording, long First, int Rows)[] groups)
    {
        foreach (var (recording, first, rows) in groups) ids.AddRange(Enumerable.Range(0, rows).Select(i => IdOf(recording, first + i)));
        return AddAsync(Schema, groups.Select(group => Rows(group.Recording, [.. Enumerable.Range(0, group.Rows).Select(i => group.First + i)])));
    }

    /// <summary>Writes a file of some batches, a row group each.</summary>
    public async Task AddAsync(Schema schema, IEnumerable<RecordBatch> groups)
    {
        string path = PathOf(files.Count);
        await using (var stream = File.Create(path))
        {
            await using var writer = new ParquetWriter(stream, schema, new ParquetWriterOptions { Compression = ParquetCompression.None });
            foreach (var batch in groups)
            {
                await writer.WriteAsync(batch, TestContext.Current.CancellationToken);
                await writer.FlushRowGroupAsync(TestContext.Current.CancellationToken);
            }

            await writer.CompleteAsync(TestContext.Current.CancellationToken);
        }

        files.Add(TensorSource.FileOf(new Uri(path).AbsoluteUri, path));
    }

    /// <summary>Rows of a recording with these sequence numbers, in this order.</summary>
    public static RecordBatch Rows(int recording, params long[] sequence)
    {
        var row = new StructBuilder(Schema.AsStruct());
        foreach (long number in sequence)
        {
            long id = IdOf(recording, number);
            ((BinaryBuilder)row.Children[0]).Append(Recording(recording));
            ((FixedWidthBuilder<long>)row.Children[1]).Append(number);
            ((FixedWidthBuilder<long>)row.Children[2]).Append(id);
            if (id % 5 == 0) row.Children[3].AppendNull();
            else ((FixedWidthBuilder<int>)row.Children[3]).Append((int)(id * 3));
            ((FixedWidthBuilder<Half>)row.Children[4]).Append((Half)(id % 1000));
            var pose = (StructBuilder)row.Children[5];
            if (id % 7 == 0) pose.AppendNull();
            else
            {
                ((FixedWidthBuilder<double>)pose.Children[0]).Append(id / 8.0);
                if (id % 3 == 0) pose.Children[1].AppendNull();
                else ((FixedWidthBuilder<float>)pose.Children[1]).Append(id / 4f);
                if (id % 4 == 0) pose.Children[2].AppendNull();
                else ((BinaryBuilder)pose.Children[2]).Append(LabelOf(id));
                pose.EndStruct();
            }

            if (id % 11 == 0) row.Children[6].AppendNull();
            else ((BooleanBuilder)row.Children[6]).Append(id % 2 == 0);
            ((FixedWidthBuilder<long>)row.Children[7]).Append(1_700_000_000_000_000 + id);
            if (id % 13 == 0) row.Children[8].AppendNull();
            else
            {
                for (int i = 0; i < 3; i++) ((FixedWidthBuilder<double>)((ListBuilder)row.Children[8]).Element).Append(id + i / 4.0);
                ((ListBuilder)row.Children[8]).EndList();
            }

            for (int i = 0; i < id % 6; i++) ((FixedWidthBuilder<int>)((ListBuilder)row.Children[9]).Element).Append((int)id + i);
            ((ListBuilder)row.Children[9]).EndList();
            if (id % 17 == 0) row.Children[10].AppendNull();
            else ((BinaryBuilder)row.Children[10]).Append(ImageOf(id));
            ((FixedBinaryBuilder)row.Children[11]).Append(KeyOf(id));
            ((FixedWidthBuilder<Int128>)row.Children[12]).Append(id);
            row.EndStruct();
        }

        return row.BuildBatch();
    }

    public static long IdOf(int recording, long sequence) => (recording * 1_000_000L) + sequence;

    public static string LabelOf(long id) => (id % 3) switch { 0 => "übung", 1 => "brake", _ => "turn" };

    public static byte[] ImageOf(long id) => [.. Enumerable.Range(0, (int)(id % 9)).Select(i => (byte)(id + i))];

    public static byte[] KeyOf(long id) => [.. Enumerable.Range(0, 16).Select(i => (byte)(id * (i + 1)))];

    /// <summary>Writes a stream and reads it.</summary>
    public async Task<TensorFrames> ReadAsync(TensorReadOptions options)
    {
        using var output = new MemoryStream();
        await WriteAsync(options, output);
        return TensorFrames.Parse(output.ToArray());
    }

    public async Task<TensorReport> WriteAsync(TensorReadOptions options, Stream output)
    {
        await using var stream = await TensorStream.OpenAsync(Source, options, TimeProvider.System, TestContext.Current.CancellationToken);
        return await stream.WriteAsync(output, TestContext.Current.CancellationToken);
    }

    public async Task<MeshException> RefusesAsync(TensorReadOptions options) =>
        await Should.ThrowAsync<MeshException>(() => ReadAsync(options));

    public void Dispose() => folder.Dispose();
}
