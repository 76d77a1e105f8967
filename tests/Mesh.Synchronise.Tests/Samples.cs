using System.Globalization;
using System.Text;
using Mesh.Columnar;
using Mesh.Streaming.Ingest;
using Xunit;

namespace Mesh.Synchronise.Tests;

/// <summary>Builds batches of samples and turns frames into comparable text.</summary>
internal static class Samples
{
    public sealed record Sample(long TimeNs, long Sequence, double X, string Label = "");

    public static readonly Schema Schema = new([
        .. SystemColumns.Fields,
        new Field("x", DataType.Float64),
        new Field("label", DataType.Utf8),
        new Field("image", DataType.Binary),
        new Field("nested", new StructType([new Field("y", DataType.Float32), new Field("n", DataType.Int32), new Field("blob", DataType.Binary)])),
        new Field("ranges", new ListType(new Field("element", DataType.Float32))),
        new Field("policy", DataType.Utf8),
    ]);

    public static ChannelBatch Batch(string channel, params IEnumerable<Sample> samples)
    {
        var builder = new StructBuilder(Schema.AsStruct());
        List<long> times = [];
        foreach (var sample in samples)
        {
            AppendSystem(builder, channel, sample.Sequence, sample.TimeNs);
            ((FixedWidthBuilder<double>)builder.Children[8]).Append(sample.X);
            ((BinaryBuilder)builder.Children[9]).Append(sample.Label);
            ((BinaryBuilder)builder.Children[10]).Append(new byte[1000]);
            var nested = (StructBuilder)builder.Children[11];
            ((FixedWidthBuilder<float>)nested.Children[0]).Append((float)sample.X);
            ((FixedWidthBuilder<int>)nested.Children[1]).Append((int)sample.Sequence);
            ((BinaryBuilder)nested.Children[2]).Append(new byte[10]);
            nested.EndStruct();
            var list = (ListBuilder)builder.Children[12];
            for (int i = 0; i < sample.Sequence % 3; i++) ((FixedWidthBuilder<float>)list.Element).Append(i);
            list.EndList();
            builder.Children[13].AppendNull();
            builder.EndStruct();
            times.Add(sample.TimeNs);
        }

        return new ChannelBatch(channel, "demo/Sample", builder.BuildBatch(), times.ToArray(), "header");
    }

    public static void AppendSystem(StructBuilder builder, string channel, long sequence, long timeNs)
    {
        ((BinaryBuilder)builder.Children[0]).Append("rec");
        ((BinaryBuilder)builder.Children[1]).Append("V1");
        ((BinaryBuilder)builder.Children[2]).Append(channel);
        ((FixedWidthBuilder<long>)builder.Children[3]).Append(sequence);
        ((FixedWidthBuilder<long>)builder.Children[4]).Append(timeNs / 1000);
        ((FixedWidthBuilder<long>)builder.Children[5]).Append(timeNs);
        builder.Children[6].AppendNull();
        builder.Children[7].AppendNull();
    }

    public static async Task<List<RecordBatch>> RunAsync(Synchroniser synchroniser, params IEnumerable<ChannelBatch> batches)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        foreach (var batch in batches) await synchroniser.AddAsync(batch, cancellationToken);
        List<RecordBatch> frames = [];
        await foreach (var rows in synchroniser.CompleteAsync(cancellationToken))
        {
            if (rows.Table == SynchronisedTable.Frames) frames.Add(rows.Batch);
        }

        return frames;
    }

    /// <summary>Frames and unmatched samples.</summary>
    public static async Task<(List<RecordBatch> Frames, List<RecordBatch> Unmatched)> RunBothAsync(Synchroniser synchroniser, params IEnumerable<ChannelBatch> batches)
    {
        var cancellationToken = TestContext.Current.CancellationToken;
        foreach (var batch in batches) await synchroniser.AddAsync(batch, cancellationToken);
        List<RecordBatch> frames = [], unmatched = [];
        await foreach (var rows in synchroniser.CompleteAsync(cancellationToken)) (rows.Table == SynchronisedTable.Frames ? frames : unmatched).Add(rows.Batch);
        return (frames, unmatched);
    }

    public static async Task<List<RecordBatch>> RunAsync(SynchroniseOptions options, params IEnumerable<ChannelBatch> batches)
    {
        await using var synchroniser = new Synchroniser(options, "rec", "V1");
        return await RunAsync(synchroniser, batches);
    }

    /// <summary>Every value of every frame, floating-point ones to the bit.</summary>
    public static List<string> Text(IEnumerable<RecordBatch> batches)
    {
        List<string> rows = [];
        foreach (var batch in batches)
        {
            for (int row = 0; row < batch.Length; row++)
            {
                var text = new StringBuilder();
                for (int column = 0; column < batch.Columns.Count; column++)
                {
                    text.Append(batch.Schema.Fields[column].Name).Append('=');
                    Append(text, batch.Columns[column], row);
                    text.Append(' ');
                }

                rows.Add(text.ToString());
            }
        }

        return rows;
    }

    public static ColumnVector Field(RecordBatch frames, string column, string field)
    {
        var type = (StructType)frames.Schema.Fields[frames.Schema.IndexOf(column)].Type;
        int index = type.Fields.ToList().FindIndex(candidate => candidate.Name == field);
        Assert.True(index >= 0, $"{column} has no {field}: {string.Join(", ", type.Fields.Select(candidate => candidate.Name))}");
        return frames[column].Children[index];
    }

    private static void Append(StringBuilder text, ColumnVector vector, int row)
    {
        if (vector.IsNull(row))
        {
            text.Append("null");
            return;
        }

        switch (vector.Type)
        {
            case StructType structure:
                text.Append('{');
                for (int i = 0; i < structure.Fields.Count; i++)
                {
                    text.Append(structure.Fields[i].Name).Append(':');
                    Append(text, vector.Children[i], row);
                    text.Append(',');
                }

                text.Append('}');
                break;
            case ListType:
                text.Append('[');
                for (int i = vector.Offsets[row]; i < vector.Offsets[row + 1]; i++)
                {
                    Append(text, vector.Children[0], i);
                    text.Append(',');
                }

                text.Append(']');
                break;
            default:
                text.Append(vector.Type.Kind switch
                {
                    TypeKind.Utf8 => vector.GetString(row),
                    TypeKind.Boolean => vector.GetBoolean(row).ToString(),
                    TypeKind.Float64 => BitConverter.DoubleToInt64Bits(vector.Values<double>()[row]).ToString("x16", CultureInfo.InvariantCulture),
                    TypeKind.Float32 => BitConverter.SingleToInt32Bits(vector.Values<float>()[row]).ToString("x8", CultureInfo.InvariantCulture),
                    TypeKind.Int32 => vector.Values<int>()[row].ToString(CultureInfo.InvariantCulture),
                    TypeKind.Int64 or TypeKind.TimestampMicros => vector.Values<long>()[row].ToString(CultureInfo.InvariantCulture),
                    _ => throw new InvalidOperationException($"{vector.Type} in a frame"),
                });
                break;
        }
    }
}
