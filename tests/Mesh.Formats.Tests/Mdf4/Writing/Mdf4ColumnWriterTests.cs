using System.Text;
using Mesh.Columnar;
using Mesh.Formats.Mdf4;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4.Writing;

public sealed class Mdf4ColumnWriterTests
{
    private const long Start = 1_700_000_000_123_456_789;

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task Columns_come_back_with_nanoseconds_nulls_and_flattened_names()
    {
        var type = new StructType(
        [
            new Field("flag", DataType.Boolean), new Field("small", DataType.Int32, false), new Field("big", DataType.Int64), new Field("ratio", DataType.Float32),
            new Field("value", DataType.Float64) { Doc = "a doc" }, new Field("count", new DecimalType(20, 0)), new Field("money", new DecimalType(12, 2)),
            new Field("stamp", DataType.TimestampMicros), new Field("day", DataType.Date32), new Field("name", DataType.Utf8), new Field("data", DataType.Binary),
            new Field("pose", new StructType([new Field("x", DataType.Float64), new Field("time", DataType.Int32)])),
            new Field("list", new ListType(new Field("item", DataType.Float64))),
        ]);
        const int Rows = 700;
        byte[] file = await WriteColumnsAsync(new Mdf4WriterOptions { BlockBytes = 2000, Parallelism = 2 }, async writer =>
        {
            int group = writer.AddGroup("/topic", type);
            for (int from = 0; from < Rows; from += 350)
            {
                long[] times = [.. Enumerable.Range(from, 350).Select(i => Start + i)];
                await writer.WriteAsync(group, times, Rows1(type, from, 350), Token);
            }
        });

        var read = SpecificationMdfReader.Read(file);
        read.StartTimeNs.ShouldBe((ulong)Start);
        var g = read.Groups.ShouldHaveSingleItem();
        g.Name.ShouldBe("/topic");
        g.Channels.Select(c => c.Name).ShouldBe(["time", "flag", "small", "big", "ratio", "value", "count", "money", "stamp", "day", "name", "data", "pose.x", "pose.time", "list"]);
        g["value"].Comment.ShouldBe("a doc");
        for (int i = 0; i < Rows; i++)
        {
            bool isNull = i % 3 == 0;
            g.Raw(g["time"], i).ShouldBe((long)i);
            g.Physical(g["time"], i).ShouldBe(i * 1e-9);
            g.Raw(g["flag"], i).ShouldBe(isNull ? null : (ulong)(i & 1));
            g.Raw(g["small"], i).ShouldBe((long)-i);
            g.Raw(g["big"], i).ShouldBe(isNull ? null : long.MinValue + i);
            g.Raw(g["ratio"], i).ShouldBe(isNull ? null : (double)(i * 0.5f));
            g.Raw(g["value"], i).ShouldBe(isNull ? null : i * 0.25);
            g.Raw(g["count"], i).ShouldBe(isNull ? null : ulong.MaxValue - (ulong)i);
            g.Raw(g["money"], i).ShouldBe(isNull ? null : $"-{i}.05");
            g.Physical(g["stamp"], i).ShouldBe(isNull ? null : 1_000_000L * i * 1e-6);
            g.Raw(g["day"], i).ShouldBe(isNull ? null : (long)i);
            g.Raw(g["name"], i).ShouldBe(isNull ? null : "ñ" + i);
            if (!isNull) ((byte[])g.Raw(g["data"], i)!).ShouldBe(Blob(i));
            g.Raw(g["pose.x"], i).ShouldBe(isNull ? null : i + 0.5);
            g.Raw(g["pose.time"], i).ShouldBe(isNull ? null : (long)i);
            g.Raw(g["list"], i).ShouldBe(isNull ? null : i % 2 == 0 ? "[]" : $"[{i},0.5,\"NaN\",null]");
        }
    }

    [Fact]
    public async Task A_table_with_a_column_named_time_calls_its_own_log_time()
    {
        byte[] file = await WriteColumnsAsync(new Mdf4WriterOptions(), async writer =>
        {
            int group = writer.AddGroup("g", new StructType([new Field("time", DataType.Int32, false)]));
            var builder = new FixedWidthBuilder<int>(DataType.Int32);
            builder.Append(7);
            await writer.WriteAsync(group, new[] { Start }, [builder.Build()], Token);
        });
        var read = SpecificationMdfReader.Read(file).Groups[0];
        read.Channels.Select(c => (c.Name, c.Type)).ShouldBe([("log_time", 2), ("time", 0)]);
        read.Raw(read["time"], 0).ShouldBe(7L);
    }

    [Fact]
    public async Task A_decimal_that_no_unsigned_integer_holds_is_refused_not_changed()
    {
        var builder = new FixedWidthBuilder<Int128>(new DecimalType(20, 0));
        builder.Append(-1);
        await using var writer = new Mdf4ColumnWriter(new MemoryStream());
        int group = writer.AddGroup("g", new StructType([new Field("n", new DecimalType(20, 0))]));
        var error = await Should.ThrowAsync<RecordingFormatException>(async () => await writer.WriteAsync(group, new[] { Start }, [builder.Build()], Token));
        error.Code.ShouldBe("MESH10273");
    }

    // Now and then longer than a small block.
    private static byte[] Blob(int i) => [.. Enumerable.Range(0, i % 97 == 0 ? 1000 : i % 13).Select(k => (byte)(k * i))];

    private static ColumnVector[] Rows1(StructType type, int from, int count)
    {
        var builders = type.Fields.Select(field => ColumnBuilder.Create(field.Type)).ToArray();
        for (int i = from; i < from + count; i++)
        {
            bool isNull = i % 3 == 0;
            ((FixedWidthBuilder<int>)builders[1]).Append(-i);
            if (isNull)
            {
                foreach (var (builder, index) in builders.Select((b, n) => (b, n))) if (index != 1) builder.AppendNull();
                continue;
            }

            ((BooleanBuilder)builders[0]).Append((i & 1) != 0);
            ((FixedWidthBuilder<long>)builders[2]).Append(long.MinValue + i);
            ((FixedWidthBuilder<float>)builders[3]).Append(i * 0.5f);
            ((FixedWidthBuilder<double>)builders[4]).Append(i * 0.25);
            ((FixedWidthBuilder<Int128>)builders[5]).Append(ulong.MaxValue - (ulong)i);
            ((FixedWidthBuilder<Int128>)builders[6]).Append((-100 * i) - 5);
            ((FixedWidthBuilder<long>)builders[7]).Append(1_000_000L * i);
            ((FixedWidthBuilder<int>)builders[8]).Append(i);
            ((BinaryBuilder)builders[9]).Append(Encoding.UTF8.GetBytes("ñ" + i));
            ((BinaryBuilder)builders[10]).Append(Blob(i));
            var pose = (StructBuilder)builders[11];
            ((FixedWidthBuilder<double>)pose.Children[0]).Append(i + 0.5);
            ((FixedWidthBuilder<int>)pose.Children[1]).Append(i);
            pose.EndStruct();
            var list = (ListBuilder)builders[12];
            if (i % 2 != 0)
            {
                var items = (FixedWidthBuilder<double>)list.Element;
                items.Append(i);
                items.Append(0.5);
                items.Append(double.NaN);
                items.AppendNull();
            }

            list.EndList();
        }

        return [.. builders.Select(builder => builder.Build())];
    }

    private static async Task<byte[]> WriteColumnsAsync(Mdf4WriterOptions options, Func<Mdf4ColumnWriter, Task> write)
    {
        var stream = new MemoryStream();
        await using var writer = new Mdf4ColumnWriter(stream, options);
        await write(writer);
        await writer.CompleteAsync(Token);
        return stream.ToArray();
    }
}
