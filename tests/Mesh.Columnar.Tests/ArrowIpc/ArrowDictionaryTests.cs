using Mesh.Columnar.ArrowIpc;
using Mesh.Columnar.ArrowIpc.Format;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Columnar.Tests.ArrowIpc;

/// <summary>Dictionary-encoded columns, as Mesh writes them and as others do.</summary>
public sealed class ArrowDictionaryTests
{
    private static readonly Schema Drive = new(
    [
        new Field("channel", DataType.Utf8, Nullable: false),
        new Field("pose", new StructType([new Field("frame", DataType.Utf8), new Field("x", DataType.Int32)])),
        new Field("labels", new ListType(new Field("element", DataType.Utf8))),
        new Field("blob", DataType.Binary),
        new Field("note", DataType.Utf8),
    ]);

    private static CancellationToken Cancellation => TestContext.Current.CancellationToken;

    [Theory]
    [InlineData(false, ArrowCompression.None)]
    [InlineData(true, ArrowCompression.None)]
    [InlineData(true, ArrowCompression.Zstd)]
    public async Task Columns_with_dictionaries_are_read_alike_by_everybody_while_the_dictionaries_grow(bool stream, ArrowCompression compression)
    {
        RecordBatch[] batches = [Batch(0, 40), Batch(3, 40), Batch(3, 40), Batch(30, 40)];
        var options = new ArrowWriterOptions { Stream = stream, Compression = compression, DictionaryColumns = ["channel", "pose.frame", "labels.element", "blob"] };
        byte[] bytes = await ArrowIpcTests.WriteAsync(Drive, options, batches);
        var dictionaries = Dictionaries(bytes, stream);
        dictionaries.Select(found => found.Id).Distinct().Count().ShouldBe(4);
        dictionaries.Count(found => found.IsDelta).ShouldBeGreaterThan(4);
        dictionaries.Count(found => !found.IsDelta).ShouldBe(4);

        var (schema, rows) = await ArrowIpcTests.ReadAsync(bytes);
        schema.ShouldBe(Drive);
        rows.ShouldBe(Rows.Of(batches));

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.arrow"], bytes, Cancellation);
        var seen = await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"]);
        seen.GetProperty("types")[0].GetString().ShouldBe("channel: Dictionary<Int32, Utf8>");
        ArrowIpcTests.Lines(seen).ShouldBe(ArrowIpcTests.Expected(batches));
    }

    [Theory]
    [InlineData(true)]
    [InlineData(false)]
    public async Task A_dictionary_that_grows_too_large_is_begun_anew_in_a_stream_and_goes_on_in_a_file(bool stream)
    {
        RecordBatch[] batches = [.. Enumerable.Range(0, 8).Select(i => Batch(i * 20, 60))];
        var options = new ArrowWriterOptions { Stream = stream, DictionaryColumns = ["channel"], MaxDictionaryBytes = 2000 };
        byte[] bytes = await ArrowIpcTests.WriteAsync(Drive, options, batches);

        var dictionaries = Dictionaries(bytes, stream);
        dictionaries.Count(found => !found.IsDelta).ShouldBeInRange(stream ? 2 : 1, stream ? 8 : 1);
        (await ArrowIpcTests.ReadAsync(bytes)).Rows.ShouldBe(Rows.Of(batches));

        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.arrow"], bytes, Cancellation);
        ArrowIpcTests.Lines(await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"])).ShouldBe(ArrowIpcTests.Expected(batches));
    }

    [Fact]
    public async Task Text_that_repeats_in_the_first_batch_gets_a_dictionary_by_itself()
    {
        byte[] bytes = await ArrowIpcTests.WriteAsync(Drive, new ArrowWriterOptions { ChooseDictionaries = true }, Batch(0, 200), Batch(0, 10));
        using var folder = new TemporaryFolder();
        await File.WriteAllBytesAsync(folder["a.arrow"], bytes, Cancellation);
        var seen = await NodeScript.RunAsync("arrow-read.mjs", folder["a.arrow"]);
        var types = seen.GetProperty("types").EnumerateArray().Select(type => type.GetString()!).ToList();
        types[0].ShouldBe("channel: Dictionary<Int32, Utf8>");
        types[4].ShouldBe("note: Utf8");
        bytes.Length.ShouldBeLessThan((await ArrowIpcTests.WriteAsync(Drive, new ArrowWriterOptions(), Batch(0, 200), Batch(0, 10))).Length);
        (await ArrowIpcTests.ReadAsync(bytes)).Rows.ShouldBe(Rows.Of([Batch(0, 200), Batch(0, 10)]));
    }

    [Fact]
    public async Task Dictionaries_of_others_may_grow_and_change_within_a_stream()
    {
        using var folder = new TemporaryFolder();
        var written = await NodeScript.RunAsync("arrow-write.mjs", folder["a.arrow"], folder["a.arrows"], folder["d.arrows"]);
        written.GetProperty("dictionaries").GetRawText().ShouldBe("[[5,false],[5,true],[5,false]]");
        (await ArrowIpcTests.ReadAsync(await File.ReadAllBytesAsync(folder["d.arrows"], Cancellation))).Rows
            .ShouldBe(["\"a\"", "\"b\"", "\"a\"", "\"c\"", "\"a\"", "\"z\"", "\"y\"", "\"x\""]);
    }

    [Fact]
    public async Task An_index_outside_of_its_dictionary_is_an_error()
    {
        var schema = new Schema([new Field("a", DataType.Utf8, Nullable: false)]);
        var column = Texts("x", "y", "x");
        byte[] bytes = await ArrowIpcTests.WriteAsync(schema, new ArrowWriterOptions { Stream = true, DictionaryColumns = ["a"] }, new RecordBatch(schema, 3, [column]));

        // The indexes 0, 1, 0 are the last buffer before the end mark.
        int at = bytes.Length - 8 - 64;
        BitConverter.ToInt32(bytes, at + 4).ShouldBe(1);
        bytes[at + 4] = 2;
        var exception = await Should.ThrowAsync<MeshException>(() => ArrowIpcTests.ReadAsync(bytes));
        exception.Code.ShouldBe("MESH10700");
        exception.Message.ShouldContain("outside its dictionary");
    }

    private static RecordBatch Batch(int from, int rows)
    {
        var random = new Random(from);
        var builder = new StructBuilder(Drive.AsStruct());
        for (int i = 0; i < rows; i++)
        {
            ((BinaryBuilder)builder.Children[0]).Append($"/channel/{from + random.Next(6)}");
            var pose = (StructBuilder)builder.Children[1];
            if (random.Next(5) == 0)
            {
                pose.AppendNull();
            }
            else
            {
                RandomData.Append(random, pose.Children[0], nullable: true, 0.2);
                RandomData.Append(random, pose.Children[1], nullable: true, 0.2);
                pose.EndStruct();
            }

            for (int column = 2; column < 4; column++) RandomData.Append(random, builder.Children[column], nullable: true, 0.2);
            ((BinaryBuilder)builder.Children[4]).Append($"row {from} {i}");
            builder.EndStruct();
        }

        return builder.BuildBatch();
    }

    private static ColumnVector Texts(params string[] values)
    {
        var builder = new BinaryBuilder(DataType.Utf8);
        foreach (string value in values) builder.Append(value);
        return builder.Build();
    }

    /// <summary>The dictionary messages of a file or stream, in order.</summary>
    private static List<(long Id, bool IsDelta)> Dictionaries(byte[] bytes, bool stream)
    {
        var found = new List<(long Id, bool IsDelta)>();
        int position = stream ? 0 : 8;
        while (BitConverter.ToInt32(bytes, position + 4) is > 0 and var length)
        {
            var message = FlatTable.Root(bytes.AsMemory(position + 8, length));
            var header = message.GetTable(2)!.Value;
            if (message.GetByte(1) == ArrowFormat.Header.DictionaryBatch) found.Add((header.GetInt64(0), header.GetBoolean(2)));
            position += 8 + length;
            (position % 64).ShouldBe(0);
            position += (int)message.GetInt64(3);
        }

        return found;
    }
}
