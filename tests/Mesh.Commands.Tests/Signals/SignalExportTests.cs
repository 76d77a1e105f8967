using System.Globalization;
using Mesh.Commands.Signals;
using Mesh.Model;
using Mesh.Testing;

namespace Mesh.Commands.Tests.Signals;

public sealed class SignalExportTests
{
    private const string LeftX = SignalRowsOf.Left + ":linear_acceleration.x";
    private const string RightX = SignalRowsOf.Right + ":linear_acceleration.x";
    private const string LeftGear = SignalRowsOf.Left + ":gear";
    private const string LeftBrake = SignalRowsOf.Left + ":brake";

    private static CancellationToken Token => TestContext.Current.CancellationToken;

    [Fact]
    public async Task A_csv_of_two_channels_has_every_sample_of_the_table_in_order_and_to_the_bit()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = await FillAsync(bench);
        string text = System.Text.Encoding.UTF8.GetString(await ExportAsync(bench, [LeftX, RightX, LeftGear, LeftBrake], SignalExport.Csv));
        var lines = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries);
        lines[0].ShouldBe($"log_time_ns,{LeftX},\"{RightX}\",{LeftGear},{LeftBrake}");

        var expected = new List<string>();
        foreach (var moment in Enumerable.Range(0, rows.Times.Count).GroupBy(i => rows.Times[i]))
        {
            // Two samples of a channel at one nanosecond are two rows, those of different channels share one.
            var left = moment.Where(i => rows.Channels[i] == SignalRowsOf.Left).ToList();
            var right = moment.Where(i => rows.Channels[i] == SignalRowsOf.Right).ToList();
            for (int n = 0; n < Math.Max(left.Count, right.Count); n++)
            {
                string gear = n < left.Count ? rows.Gear[left[n]] ?? "" : "", brake = n < left.Count && rows.Brake[left[n]] is { } flag ? (flag ? "true" : "false") : "";
                expected.Add($"{moment.Key},{Number(left, n)},{Number(right, n)},{gear},{brake}");
            }

            string Number(List<int> some, int n) => n < some.Count && !double.IsNaN(rows.X[some[n]]) ? rows.X[some[n]].ToString("R", CultureInfo.InvariantCulture) : "";
        }

        lines[1..].ShouldBe(expected);
    }

    [Fact]
    public async Task A_parquet_file_reads_the_same_in_another_readers_eyes()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = await FillAsync(bench);
        string path = bench.Folder["export.parquet"];
        await File.WriteAllBytesAsync(path, await ExportAsync(bench, [LeftX, LeftGear], SignalExport.Parquet), Token);

        var seen = await NodeScript.RunAsync("signals-read.mjs", path);
        var left = Enumerable.Range(0, rows.Times.Count).Where(i => rows.Channels[i] == SignalRowsOf.Left).ToList();
        seen.GetProperty("rows").GetInt64().ShouldBe(left.Count);
        seen.GetProperty("times").EnumerateArray().Select(time => long.Parse(time.GetString()!, CultureInfo.InvariantCulture)).ShouldBe(left.Select(i => rows.Times[i]));
        seen.GetProperty("values").EnumerateArray().Select(value => value.ValueKind == System.Text.Json.JsonValueKind.Null ? double.NaN : value.GetDouble()).ShouldBe(left.Select(i => rows.X[i]));
        seen.GetProperty("labels").EnumerateArray().Select(label => label.GetString()).ShouldBe(left.Select(i => rows.Gear[i]));
    }

    [Fact]
    public async Task An_export_has_only_the_window_and_what_cannot_be_exported_is_said_with_the_reason()
    {
        await using var bench = await SignalBench.StartAsync();
        var rows = await FillAsync(bench);
        string text = System.Text.Encoding.UTF8.GetString(await ExportAsync(bench, [LeftX], SignalExport.Csv, 1, 2));
        var times = text.Split("\r\n", StringSplitOptions.RemoveEmptyEntries)[1..].Select(line => long.Parse(line.Split(',')[0], CultureInfo.InvariantCulture)).ToList();
        times.ShouldBe(Enumerable.Range(0, rows.Times.Count).Where(i => rows.Channels[i] == SignalRowsOf.Left && rows.Times[i] >= rows.Times[0] + 1_000_000_000 && rows.Times[i] < rows.Times[0] + 2_000_000_000).Select(i => rows.Times[i]));

        var failure = await Should.ThrowAsync<MeshException>(() => ExportAsync(bench, ["/none:x"], SignalExport.Csv));
        failure.Code.ShouldBe("MESH13102");
        failure.Message.ShouldContain("no such signal");
    }

    private static async Task<byte[]> ExportAsync(SignalBench bench, string[] names, SignalExport format, double? from = null, double? to = null)
    {
        var write = (await bench.Signals.ExportAsync(bench.Recording, new SignalQuery { Names = names, From = from, To = to }, format, Token)).ShouldNotBeNull();
        using var output = new MemoryStream();
        await write(output, Token);
        return output.ToArray();
    }

    private static async Task<SignalRowsOf> FillAsync(SignalBench bench)
    {
        var rows = new SignalRowsOf(1);
        rows.Add(25_000);
        await bench.CommitAsync(rows, 0, 25_000, "one");
        return rows;
    }
}
