using System.Buffers.Binary;
using System.Globalization;
using System.Numerics;
using System.Text;
using System.Text.Json;
using Mesh.Formats.Mdf;
using Mesh.Formats.Tests.Mdf;
using Mesh.Formats.Tests.Mdf3;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4;

/// <summary>Values that other people's readers found in MDF 4 files. docs/formats/mdf.md explains each exception made here.</summary>
public sealed class Mdf4GoldenTests
{
    // Variable-length values whose longest is padded to by the other reader; everything else is compared as it is.
    private static readonly string[] ClippedFiles = ["unfin_sorted_dt0_partial.mf4", "fin_partial_tail.mf4", "mdflib_flexray_mlsd.mf4"];

    [Fact]
    public async Task Raw_values_of_real_files_are_those_of_the_other_reader()
    {
        Require.AtLeast(TestLevel.Default);
        var lines = File.ReadLines(TestData.PathOf("golden_mdf.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("file").GetString()!.EndsWith(".mf4", StringComparison.OrdinalIgnoreCase)).ToList();
        lines.Count.ShouldBeGreaterThan(2000);
        int compared = 0, records = 0;
        var wrong = new List<string>();
        foreach (var file in lines.GroupBy(line => line.GetProperty("file").GetString()!))
        {
            var reading = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf(file.Key), TestContext.Current.CancellationToken));
            reading.Losses.ShouldBeEmpty(file.Key);
            foreach (var group in file.GroupBy(line => line.GetProperty("g").GetInt32()))
            {
                int at = ChannelOf(reading, group.Key);
                var batch = reading.Decode(at, raw: true);
                var layout = reading.Layout(at);
                foreach (var line in group)
                {
                    string name = line.GetProperty("name").GetString()!;
                    string place = $"{file.Key} {group.Key} {name}";
                    int channel = line.GetProperty("c").GetInt32();
                    if (channel >= layout.Channels.Count || layout.Channels[channel].Name != name) channel = layout.Channels.ToList().FindIndex(own => own.Name == name);
                    if (channel < 0 || batch.Length != line.GetProperty("n").GetInt32())
                    {
                        wrong.Add($"{place}: {batch.Length} records instead of {line.GetProperty("n").GetInt32()}");
                        continue;
                    }

                    string type = line.GetProperty("dtype").GetString()!;
                    if (type[0] is '(' or '[')
                    {
                        // A structure: its members are lines of their own.
                        records++;
                        continue;
                    }

                    compared++;
                    object?[] values = [.. Enumerable.Range(0, batch.Length).Select(row => MdfDecoding.Value(batch.Columns[channel], row))];

                    // The other reader knows of virtual channels only what their conversion makes of them.
                    if (layout.Channels[channel].Type == MdfChannelType.VirtualData) values = Values(reading, at, layout.Channels.Take(channel).Count(own => !own.IsStructure), raw: false);
                    uint crc = Crc32.Compute(Bytes(type, values));
                    if (crc != line.GetProperty("crc").GetUInt32()) wrong.Add($"{place}: {type} {layout.Channels[channel]} begins {Show(values)}");
                }
            }
        }

        Assert.True(wrong.Count == 0, string.Join('\n', wrong.Take(40).Select(text => text[..Math.Min(text.Length, 500)])));
        compared.ShouldBeGreaterThan(2000);
        records.ShouldBeGreaterThan(0);
    }

    [Fact]
    public async Task Generated_files_have_the_values_they_were_made_of()
    {
        Require.AtLeast(TestLevel.Default);
        var lines = File.ReadLines(TestData.PathOf("generated", "expected.jsonl")).Select(line => JsonDocument.Parse(line).RootElement)
            .Where(line => line.GetProperty("file").GetString()!.StartsWith("mdf4/", StringComparison.Ordinal) && line.TryGetProperty("channel", out _)).ToList();
        lines.Count.ShouldBeGreaterThan(1000);
        var wrong = new List<string>();
        foreach (var file in lines.GroupBy(line => line.GetProperty("file").GetString()!))
        {
            var reading = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(TestData.PathOf("generated", file.Key), TestContext.Current.CancellationToken));
            if (!ClippedFiles.Contains(Path.GetFileName(file.Key))) reading.Losses.ShouldBeEmpty(file.Key);
            foreach (var line in file)
            {
                string name = line.GetProperty("channel").GetString()!;
                string place = $"{file.Key} {name}";
                int at = reading.Channels.FindIndex(channel => channel.Metadata["group"] == line.GetProperty("group").GetInt32().ToString(CultureInfo.InvariantCulture));
                int channel = at < 0 ? -1 : Find(reading.Layout(at), name);
                for (int i = 0; channel < 0 && i < reading.Channels.Count; i++)
                {
                    // The files of one writer are described without their groups.
                    if ((channel = Find(reading.Layout(i), name)) >= 0) at = i;
                }

                if (channel < 0)
                {
                    wrong.Add(place + ": not there");
                    continue;
                }

                var layout = reading.Layout(at);
                bool isVirtual = layout.Channels[channel].Type is MdfChannelType.VirtualMaster or MdfChannelType.VirtualData;
                var raw = line.GetProperty("raw");
                var physical = line.GetProperty("phys");
                if (!isVirtual) Compare(raw, Values(reading, at, channel, raw: true), layout.Channels[channel], place + " raw", wrong);
                if (!line.TryGetProperty("valid", out var valid))
                {
                    Compare(physical.ValueKind == JsonValueKind.String ? raw : physical, Values(reading, at, layout.Channels.Take(channel).Count(own => !own.IsStructure), raw: false), layout.Channels[channel], place, wrong, layout.Channels[channel].IsStructure);
                }
                else
                {
                    string mask = string.Concat(Values(reading, at, layout.Channels.Take(channel).Count(own => !own.IsStructure), raw: false).Select(value => value is null ? '0' : '1'));
                    if (mask != valid.GetString()) wrong.Add($"{place} valid: {mask} instead of {valid}");
                }

                // Some writers put units into XML, which the other readers give as it is.
                if (line.GetProperty("unit").GetString() is { Length: > 0 } unit && !unit.StartsWith('<') && layout.Channels[channel].Unit != unit) wrong.Add($"{place} unit: {layout.Channels[channel].Unit} instead of {unit}");
            }
        }

        Assert.True(wrong.Count == 0, $"{wrong.Count}\n" + string.Join('\n', wrong.Take(60).Select(text => text[..Math.Min(text.Length, 500)])));
    }

    [Fact]
    public async Task An_unfinished_log_and_its_finished_twin_hold_the_same_messages()
    {
        string folder = TestData.PathOf("CSS-Electronics_api-examples", "examples", "other", "matlab-basics");
        var raw = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(Path.Combine(folder, "00000014.MF4"), TestContext.Current.CancellationToken));
        var finished = await MdfReading.ReadAsync(await File.ReadAllBytesAsync(Path.Combine(folder, "00000014_fin.MF4"), TestContext.Current.CancellationToken));
        raw.Count.ShouldBeGreaterThan(1000);
        raw.Channels.Select(channel => channel.Topic).ShouldBe(finished.Channels.Select(channel => channel.Topic));
        for (int i = 0; i < raw.Channels.Count; i++)
        {
            var left = raw.Of(i);
            var right = finished.Of(i);
            left.Count.ShouldBe(right.Count);
            var variables = raw.Layout(i).Channels.Where(channel => channel.Type == MdfChannelType.VariableLength).ToList();
            for (int j = 0; j < left.Count; j++)
            {
                left[j].LogTimeNs.ShouldBe(right[j].LogTimeNs);
                Without(variables, left[j].Payload).ShouldBe(Without(variables, right[j].Payload));
            }
        }
    }

    /// <summary>A message without the offsets of its variable-length values, which say where they were and not what they are.</summary>
    private static byte[] Without(List<MdfChannelLayout> variables, byte[] payload)
    {
        byte[] copy = [.. payload];
        foreach (var variable in variables) copy.AsSpan(variable.ByteOffset, variable.BitCount / 8).Clear();
        return copy;
    }

    private static int ChannelOf(MdfReading reading, int group) =>
        reading.Channels.FindIndex(channel => channel.Metadata["group"] == group.ToString(CultureInfo.InvariantCulture));

    private static int Find(MdfRecordLayout layout, string name) => layout.Channels.ToList().FindIndex(channel => channel.Name == name);

    private static object?[] Values(MdfReading reading, int group, int column, bool raw)
    {
        var batch = reading.Decode(group, raw);
        return column >= batch.Columns.Count ? [] : [.. Enumerable.Range(0, batch.Length).Select(row => MdfDecoding.Value(batch.Columns[column], row))];
    }

    private static void Compare(JsonElement expected, object?[] actual, MdfChannelLayout channel, string place, List<string> wrong, bool skip = false)
    {
        if (skip) return;
        string type = expected.GetProperty("t").GetString()!;
        if (channel.Array is not null) actual = [.. actual.SelectMany(value => (object?[])value!)];
        if (actual.Length != expected.GetProperty("n").GetInt32())
        {
            wrong.Add($"{place}: {actual.Length} values instead of {expected.GetProperty("n").GetInt32()}");
            return;
        }

        switch (type)
        {
            case "none": return;
            case "text":
                string[] texts = [.. actual.Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!)];
                if (Crc32.Compute(Encoding.UTF8.GetBytes(string.Join('\0', texts))) != expected.GetProperty("crc32").GetUInt32()) wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                return;
            case "bytes":
                byte[][] pieces = [.. actual.Select(value => value is byte[] bytes ? bytes : Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!))];
                if (Crc32.Compute(pieces.SelectMany(piece => piece).ToArray()) != expected.GetProperty("crc32").GetUInt32()
                    || Crc32.Compute(pieces.SelectMany(piece => BitConverter.GetBytes(piece.Length)).ToArray()) != expected.GetProperty("lens_crc32").GetUInt32())
                {
                    wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                }

                return;
            case "int" or "float":
                if (actual.Length == 0) return;
                if (actual.Any(value => value is not (long or double or Int128 or decimal)))
                {
                    wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                    return;
                }

                double[] numbers = [.. actual.Select(Number)];
                double[] finite = [.. numbers.Where(double.IsFinite)];
                bool same = Near(numbers[0], expected.GetProperty("first")) && Near(numbers[^1], expected.GetProperty("last"));
                if (finite.Length > 0 && expected.TryGetProperty("min", out var least)) same &= Near(finite.Min(), least) && Near(finite.Max(), expected.GetProperty("max"));
                same &= Near(actual[0] is long or Int128 ? (double)actual.Aggregate(BigInteger.Zero, (sum, value) => sum + (value is Int128 big ? (BigInteger)big : (long)value!)) : Sum(finite), expected.GetProperty("sum"));
                if (expected.TryGetProperty("vals", out var vals) && vals.GetArrayLength() == actual.Length) same &= vals.EnumerateArray().Select((value, i) => Near(numbers[i], value)).All(near => near);
                if (!same) wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                return;
            case "complex":
                bool equal = expected.GetProperty("vals").EnumerateArray().Select((pair, i) => (object?[])actual[i]! is var own && Near(Number(own[0]), pair[0]) && Near(Number(own[1]), pair[1])).All(near => near);
                if (!equal) wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                return;
            case "mixed":
                string[] wanted = [.. expected.GetProperty("vals").EnumerateArray().Select(value => value.ValueKind == JsonValueKind.String ? value.GetString()! : value.GetDouble().ToString(CultureInfo.InvariantCulture))];
                if (!actual.Take(wanted.Length).Select(value => Convert.ToString(value, CultureInfo.InvariantCulture)!).SequenceEqual(wanted)) wrong.Add($"{place}: {Show(actual)} instead of {expected}");
                return;
            default:
                wrong.Add($"{place}: unexpected {type}");
                return;
        }
    }

    private static double Number(object? value) => value is Int128 big ? (double)big : Convert.ToDouble(value, CultureInfo.InvariantCulture);

    /// <summary>Summed without the rounding of each step, as the expected values were.</summary>
    private static double Sum(double[] values)
    {
        double sum = 0, carry = 0;
        foreach (double value in values)
        {
            double next = sum + value;
            carry += Math.Abs(sum) >= Math.Abs(value) ? sum - next + value : value - next + sum;
            sum = next;
        }

        return sum + carry;
    }

    private static bool Near(double value, JsonElement expected)
    {
        if (expected.ValueKind == JsonValueKind.Null) return !double.IsFinite(value);
        double wish = expected.ValueKind == JsonValueKind.String
            ? expected.GetString()!.TrimStart('+').ToLowerInvariant() switch { "nan" => double.NaN, "inf" or "infinity" => double.PositiveInfinity, _ => double.NegativeInfinity }
            : expected.GetDouble();
        return double.IsNaN(wish) ? double.IsNaN(value) : value.Equals(wish) || Math.Abs(value - wish) <= 1e-9 * Math.Max(1e-300, Math.Abs(wish)) || Math.Abs(value - wish) < 1e-9;
    }

    private static string Show(object?[] values) => string.Join(", ", values.Take(6).Select(value => value switch
    {
        null => "null", byte[] bytes => Convert.ToHexString(bytes), object?[] parts => $"[{Show(parts)}]", _ => Convert.ToString(value, CultureInfo.InvariantCulture),
    }));

    /// <summary>Values as the bytes of the other reader's arrays.</summary>
    private static byte[] Bytes(string type, object?[] values)
    {
        using var bytes = new MemoryStream();
        int longest = 0;
        foreach (object? value in values)
        {
            if (value is byte[] own) longest = Math.Max(longest, own.Length);
        }

        foreach (object? value in values) Write(bytes, type, value, longest);
        return bytes.ToArray();
    }

    private static void Write(MemoryStream bytes, string type, object? value, int longest)
    {
        Span<byte> buffer = stackalloc byte[8];
        switch (value)
        {
            case object?[] parts:
                foreach (object? part in parts) Write(bytes, type switch { "complex64" => "float32", "complex128" => "float64", _ => type }, part, longest);
                return;
            case byte[] own:
                bytes.Write(own);
                if (!type.StartsWith("|S", StringComparison.Ordinal) && !type.StartsWith("|V", StringComparison.Ordinal)) bytes.Write(new byte[longest - own.Length]);
                return;
        }

        switch (type)
        {
            case "float64": BinaryPrimitives.WriteDoubleLittleEndian(buffer, Number(value)); bytes.Write(buffer); break;
            case "float32": BinaryPrimitives.WriteSingleLittleEndian(buffer, (float)Number(value)); bytes.Write(buffer[..4]); break;
            case "float16": BinaryPrimitives.WriteHalfLittleEndian(buffer, (Half)Number(value)); bytes.Write(buffer[..2]); break;
            case ['|', 'S' or 'V', .. var width]:
                byte[] text = new byte[int.Parse(width, CultureInfo.InvariantCulture)];
                if (!Encoding.UTF8.TryGetBytes((string)value!, text, out _)) Encoding.UTF8.GetBytes((string)value!).AsSpan(0, text.Length).CopyTo(text);
                bytes.Write(text);
                break;
            default:
                int digits = type.AsSpan().IndexOfAnyInRange('0', '9');
                if (digits < 0 || value is not (long or Int128))
                {
                    bytes.Write(Encoding.UTF8.GetBytes(Convert.ToString(value, CultureInfo.InvariantCulture)!));
                    break;
                }

                int size = int.Parse(type.AsSpan(digits), CultureInfo.InvariantCulture) / 8;
                BinaryPrimitives.WriteInt64LittleEndian(buffer, value is Int128 big ? (long)(ulong)big : (long)value!);
                bytes.Write(buffer[..size]);
                break;
        }
    }
}
