using System.Text.Json;
using Mesh.Testing;
using Mesh.Training.Loading;

namespace Mesh.Training.Tests.Loading;

public sealed class TensorValuesTests : IDisposable
{
    private readonly LoaderFixture fixture = new();
    private readonly TemporaryFolder folder = new();

    [Theory]
    [InlineData(1)]
    [InlineData(4)]
    public async Task Numpy_reads_the_values_of_every_kind_of_column_as_they_were_written(int window)
    {
        const string python = "/usr/bin/python3";
        Assert.SkipUnless(File.Exists(python) && Directory.Exists("/usr/lib/python3/dist-packages/numpy"), "needs the onnx package of Python: apt-get install python3-onnx");
        await fixture.AddAsync((1, 0, 130), (2, 0, 90));
        await fixture.AddAsync((3, 0, 57));
        string path = folder["stream"];
        await using (var output = File.Create(path))
        {
            var report = await fixture.WriteAsync(new() { Columns = LoaderFixture.Columns, BatchSize = 40, Window = window, Stride = window }, output);
            report.Bytes.ShouldBe(output.Length);
            report.Samples.ShouldBe(window == 1 ? 277 : 32 + 22 + 14);
        }

        string[] lines = (await ToolProcess.RunAsync(python, Path.Combine(Repository.Root, "tests", "foreign", "tensors-read.py"), path)).Split('\n', StringSplitOptions.RemoveEmptyEntries);
        var frames = lines.Select(line => JsonDocument.Parse(line).RootElement).ToList();
        string[] texts = JsonSerializer.Deserialize<string[]>(frames[0].GetProperty("metadata").GetProperty("values:pose.label").GetString()!)!;
        int seen = 0;
        foreach (var frame in frames.Skip(1).SkipLast(1))
        {
            var tensors = frame.GetProperty("tensors").EnumerateObject().ToDictionary(tensor => tensor.Name, tensor => tensor.Value);
            tensors.Keys.Order(StringComparer.Ordinal).ShouldBe(
            [
                "covariance", "covariance:valid", "flag", "flag:valid", "half", "id", "image:offsets", "image:valid", "image:values", "key", "pose.label", "pose.label:valid", "pose.x", "pose.x:valid",
                "pose.y", "pose.y:valid", "ranges:offsets", "ranges:valid", "ranges:values", "small", "small:valid", "time",
            ]);
            var ids = Flat(tensors["id"]).Select(id => id.GetInt64()).ToList();
            string[] dtypes = ["int64", "int32", "float16", "float64", "float32", "bool", "uint8"];
            new[] { "id", "small", "half", "pose.x", "pose.y", "flag", "key" }.Select(name => tensors[name].GetProperty("dtype").GetString()).ShouldBe(dtypes);
            tensors["id"].GetProperty("shape").GetArrayLength().ShouldBe(window == 1 ? 1 : 2);
            for (int i = 0; i < ids.Count; i++) Check(ids[i], i, tensors, texts);
            seen += ids.Count;
        }

        seen.ShouldBe(window == 1 ? 277 : 68 * 4);
    }

    public void Dispose()
    {
        fixture.Dispose();
        folder.Dispose();
    }

    private static void Check(long id, int row, Dictionary<string, JsonElement> tensors, string[] texts)
    {
        JsonElement At(string name) => Flat(tensors[name]).ElementAt(row);
        bool IsValid(string name) => At(name + ":valid").GetBoolean();
        IEnumerable<JsonElement> Span(string name)
        {
            int from = At(name + ":offsets").GetInt32();
            int to = Flat(tensors[name + ":offsets"]).ElementAt(row + 1).GetInt32();
            return Flat(tensors[name + ":values"]).Skip(from).Take(to - from);
        }

        bool hasPose = id % 7 != 0;
        IsValid("small").ShouldBe(id % 5 != 0);
        At("small").GetInt32().ShouldBe(id % 5 == 0 ? 0 : (int)(id * 3));
        At("half").GetDouble().ShouldBe((double)(Half)(id % 1000));
        IsValid("pose.x").ShouldBe(hasPose);
        At("pose.x").GetDouble().ShouldBe(hasPose ? id / 8.0 : 0);
        IsValid("pose.y").ShouldBe(hasPose && id % 3 != 0);
        At("pose.y").GetDouble().ShouldBe(hasPose && id % 3 != 0 ? id / 4f : 0);
        bool hasLabel = hasPose && id % 4 != 0;
        IsValid("pose.label").ShouldBe(hasLabel);
        At("pose.label").GetInt32().ShouldBe(hasLabel ? Array.IndexOf(texts, LoaderFixture.LabelOf(id)) : -1);
        IsValid("flag").ShouldBe(id % 11 != 0);
        At("flag").GetBoolean().ShouldBe(id % 11 != 0 && id % 2 == 0);
        At("time").GetInt64().ShouldBe(1_700_000_000_000_000 + id);
        IsValid("covariance").ShouldBe(id % 13 != 0);
        Flat(tensors["covariance"]).Skip(row * 3).Take(3).Select(value => value.GetDouble()).ShouldBe(id % 13 == 0 ? [0, 0, 0] : [id, id + 0.25, id + 0.5]);
        Span("ranges").Select(value => value.GetInt64()).ShouldBe(Enumerable.Range(0, (int)(id % 6)).Select(i => id + i));
        IsValid("image").ShouldBe(id % 17 != 0);
        Span("image").Select(value => value.GetByte()).ShouldBe(id % 17 == 0 ? [] : LoaderFixture.ImageOf(id));
        Flat(tensors["key"]).Skip(row * 16).Take(16).Select(value => value.GetByte()).ShouldBe(LoaderFixture.KeyOf(id));
    }

    private static IEnumerable<JsonElement> Flat(JsonElement tensor) => Leaves(tensor.GetProperty("values"));

    private static IEnumerable<JsonElement> Leaves(JsonElement element) =>
        element.ValueKind == JsonValueKind.Array ? element.EnumerateArray().SelectMany(Leaves) : [element];
}
