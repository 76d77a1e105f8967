using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Mesh.Formats.Mdf;
using Mesh.Formats.Tests.Mdf;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf3;

/// <summary>Values that other people's readers found in MDF 2 and 3 files.</summary>
public sealed class Mdf3GoldenTests
{
    [Fact]
    public async Task Raw_values_of_real_files_are_those_of_the_other_reader()
    {
        var lines = File.ReadLines(TestData.PathOf("golden_mdf.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("file").GetString()!.EndsWith(".mdf", StringComparison.Ordinal)).ToList();
        lines.Count.ShouldBeGreaterThan(100);
        foreach (var file in lines.GroupBy(line => line.GetProperty("file").GetString()!))
        {
            var reading = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf(file.Key), TestContext.Current.CancellationToken));
            reading.Losses.ShouldBeEmpty(file.Key);
            reading.Summary!.Messages.ShouldBe(reading.Count, file.Key);
            foreach (var line in file)
            {
                int group = line.GetProperty("g").GetInt32();
                string name = line.GetProperty("name").GetString()!;
                string place = $"{file.Key} {group} {name}";
                var layout = reading.Layout(group);
                int channel = line.GetProperty("c").GetInt32();
                layout.Channels[channel].Name.ShouldBe(name, place);
                reading.Of(group).Count.ShouldBe(line.GetProperty("n").GetInt32(), place);
                var column = reading.Decode(group, raw: true).Columns[channel];
                using var bytes = new MemoryStream();
                string type = line.GetProperty("dtype").GetString()!;
                for (int row = 0; row < column.Length; row++) Write(bytes, type, MdfDecoding.Value(column, row)!);
                Crc32.Compute(bytes.ToArray()).ShouldBe(line.GetProperty("crc").GetUInt32(), place);
            }
        }
    }

    [Fact]
    public async Task Generated_files_have_the_values_they_were_made_of()
    {
        var lines = File.ReadLines(TestData.PathOf("generated", "expected.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("file").GetString()!.StartsWith("mdf3/", StringComparison.Ordinal) && line.TryGetProperty("channel", out _)).ToList();
        lines.Count.ShouldBe(93);
        foreach (var file in lines.GroupBy(line => line.GetProperty("file").GetString()!))
        {
            var reading = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf("generated", file.Key), TestContext.Current.CancellationToken));
            reading.Losses.ShouldBeEmpty(file.Key);
            foreach (var line in file)
            {
                string name = line.GetProperty("channel").GetString()!;
                int group = Enumerable.Range(0, reading.Channels.Count).Single(i => reading.Layout(i).Channels.Any(channel => channel.Name == name && (name != "t" || i == 0)));
                string place = $"{file.Key} {name}";
                reading.Of(group).Count.ShouldBe(line.GetProperty("count").GetInt32(), place);
                Compare(line.GetProperty("raw"), reading.Values(group, name, raw: true), place + " raw");
                var physical = line.GetProperty("phys");
                Compare(physical.ValueKind == JsonValueKind.String ? line.GetProperty("raw") : physical, reading.Values(group, name), place);
                if (line.GetProperty("unit").GetString() is { Length: > 0 } unit) reading.Layout(group).Channels.Single(channel => channel.Name == name).Unit.ShouldBe(unit, place);
            }
        }
    }

    [Fact]
    public async Task Files_of_every_version_of_one_measurement_hold_the_same()
    {
        string[] versions = ["2.00", "2.14", "3.00", "3.10", "3.20"];
        var readings = new List<MdfReading>();
        foreach (string version in versions)
        {
            string path = TestData.PathOf("danielhrisca_asammdf", "test.demo", $"ASAP2_Demo_V161_{version}.mdf");
            readings.Add(await MdfReading.ReadAsync(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)));
        }

        readings.Select(reading => reading.Summary!.Version).ShouldBe(versions);
        // Names, the order of groups and the last digits of times differ between the versions; the values do not.
        var contents = readings.Select(reading => Enumerable.Range(0, reading.Channels.Count)
            .SelectMany(i => reading.Decode(i, raw: true) is var batch ? batch.Columns.Where((_, c) => reading.Layout(i).Channels[c].Type != MdfChannelType.Master).Select(column => string.Join(',', Enumerable.Range(0, batch.Length).Select(row => MdfDecoding.Value(column, row)))) : [])
            .Order(StringComparer.Ordinal).ToList()).ToList();
        foreach (var content in contents.Skip(1)) content.ShouldBe(contents[0]);

        // 10:17:37 in daylight saving time of a zone one hour east: the nanoseconds are standard time, without it.
        readings[4].Summary!.StartTimeNs!.Value.ShouldBeInRange(1_366_359_457_905_877_201UL, 1_366_359_458_905_877_201UL);
    }

    private static void Compare(JsonElement expected, object?[] actual, string place)
    {
        actual.Length.ShouldBe(expected.GetProperty("n").GetInt32(), place);
        if (expected.GetProperty("t").GetString() == "text")
        {
            Crc32.Compute(Encoding.UTF8.GetBytes(string.Join('\0', actual))).ShouldBe(expected.GetProperty("crc32").GetUInt32(), place + ": " + string.Join(',', actual.Take(10)));
            return;
        }

        double[] numbers = [.. actual.Select(value => Convert.ToDouble(value is Int128 big ? (double)big : value, CultureInfo.InvariantCulture))];
        Near(numbers[0], "first");
        Near(numbers[^1], "last");
        Near(numbers.Min(), "min");
        Near(numbers.Max(), "max");
        Near(actual[0] is long or Int128 ? (double)actual.Aggregate(BigInteger.Zero, (sum, value) => sum + (value is Int128 big ? (BigInteger)big : (long)value!)) : numbers.Sum(), "sum");

        void Near(double value, string property)
        {
            double wish = expected.GetProperty(property).GetDouble();
            Math.Abs(value - wish).ShouldBeLessThanOrEqualTo(1e-9 * Math.Max(1, Math.Abs(wish)), $"{place} {property}: {value} instead of {wish}");
        }
    }

    private static void Write(MemoryStream bytes, string type, object value)
    {
        Span<byte> buffer = stackalloc byte[8];
        switch (type)
        {
            case "float64": BinaryPrimitives.WriteDoubleLittleEndian(buffer, (double)value); bytes.Write(buffer); break;
            case "float32": BinaryPrimitives.WriteSingleLittleEndian(buffer, (float)(double)value); bytes.Write(buffer[..4]); break;
            case ['|', 'S', .. var width]:
                byte[] text = new byte[int.Parse(width, CultureInfo.InvariantCulture)];
                Encoding.Latin1.GetBytes((string)value, text);
                bytes.Write(text);
                break;
            default:
                int size = int.Parse(type.AsSpan(type.IndexOf('t') + 1), CultureInfo.InvariantCulture) / 8;
                BinaryPrimitives.WriteInt64LittleEndian(buffer, value is Int128 big ? (long)(ulong)big : (long)value);
                bytes.Write(buffer[..size]);
                break;
        }
    }
}
