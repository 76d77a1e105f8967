using System.Buffers.Binary;
using Mesh.Formats.Mdf4;
using Mesh.Formats.Tests.Mdf3;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Mdf4;

public sealed class Mdf4DamageTests
{
    internal static readonly RecordingReaderOptions Small = new()
    {
        Parallelism = 1, BusFrames = false, MaxBlockBytes = 4 << 20, MaxBufferedBytes = 4 << 20, MaxMessageBytes = 1 << 20, MaxDefinitionBytes = 16 << 20,
    };

    [Fact]
    public async Task A_file_cut_anywhere_gives_the_whole_records_before_the_cut()
    {
        var file = new Mdf4Samples();
        long group = file.DataGroup(file.CountGroup(1000), file.Position + 24 + 32 + 8);
        long data = file.Block("DT", [], Mdf4Samples.Records(1000));
        data.ShouldBe(group + 64);
        byte[] whole = file.Finish(group);
        for (int cut = (int)data + 24; cut < whole.Length; cut += 37)
        {
            var reading = await MdfReading.ReadAsync(whole[..cut], Small);
            int records = (cut - (int)data - 24) / 12;
            reading.Of(0).Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(8))).ShouldBe(Enumerable.Range(0, records), $"cut at {cut}");
            (reading.Losses.Sum(loss => loss.Bytes) + (records * 12)).ShouldBe(12_000, $"cut at {cut}: {string.Join("; ", reading.Losses)}");
        }
    }

    [Fact]
    public async Task Damage_within_compressed_blocks_costs_their_records_and_no_others()
    {
        var file = new Mdf4Samples();
        byte[] data = Mdf4Samples.Records(3000);
        long[] blocks = [.. Enumerable.Range(0, 3).Select(i => file.Zipped("DT", data[(i * 12_000)..((i + 1) * 12_000)]))];
        byte[] bytes = file.Finish(file.DataGroup(file.CountGroup(3000), file.Block("HL", [file.List(blocks, 12_000)], new byte[8])));
        bytes.AsSpan((int)blocks[1] + 300, 8).Fill(0xFF);
        var reading = await MdfReading.ReadAsync(bytes, Small);
        int[] counts = [.. reading.Of(0).Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(8)))];
        counts.Where(count => count is < 1000 or >= 2000).Count().ShouldBe(2000);
        int kept = counts.Count(count => count is >= 1000 and < 2000);
        reading.Losses.Where(loss => loss.Bytes > 0).Sum(loss => loss.Bytes).ShouldBe((1000 - kept) * 12);
        reading.Losses[0].Offset.ShouldBe(blocks[1]);
    }

    [Theory]
    [InlineData(0)]
    [InlineData(1)]
    [InlineData(2)]
    [InlineData(3)]
    [InlineData(9)]
    [InlineData(10)]
    public async Task A_damaged_block_header_does_not_cost_the_block(int at)
    {
        var file = new Mdf4Samples();
        byte[] data = Mdf4Samples.Records(3000);
        long[] blocks = [.. Enumerable.Range(0, 3).Select(i => file.Block("DT", [], data[(i * 12_000)..((i + 1) * 12_000)]))];
        byte[] bytes = file.Finish(file.DataGroup(file.CountGroup(3000), file.List(blocks, 12_000)));
        bytes[(int)blocks[1] + at] ^= 0x81;
        var reading = await MdfReading.ReadAsync(bytes, Small);
        reading.Of(0).Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(8))).ShouldBe(Enumerable.Range(0, 3000));
        reading.Losses.ShouldHaveSingleItem().Bytes.ShouldBe(0);
    }

    [Fact]
    public async Task A_lost_block_leaves_the_records_behind_it_in_their_places()
    {
        var file = new Mdf4Samples();
        byte[] data = Mdf4Samples.Records(3000);
        long[] blocks = [.. Enumerable.Range(0, 3).Select(i => file.Block("DT", [], data[(i * 12_000)..((i + 1) * 12_000)]))];
        blocks[1] = 1L << 40;
        var reading = await MdfReading.ReadAsync(file.Finish(file.DataGroup(file.CountGroup(3000), file.List(blocks, 12_000))), Small);
        reading.Of(0).Select(message => BinaryPrimitives.ReadInt32LittleEndian(message.Payload.AsSpan(8))).ShouldBe(Enumerable.Range(0, 1000).Concat(Enumerable.Range(2000, 1000)));
        reading.Losses.Sum(loss => loss.Bytes).ShouldBe(12_000);
    }

    [Fact]
    public async Task Unsorted_records_are_found_again_behind_stray_bytes()
    {
        var file = new Mdf4Samples();
        var data = new List<byte>();
        long offset = 0;
        for (int i = 0; i < 600; i++)
        {
            if (i == 300) data.AddRange(Enumerable.Repeat((byte)0xEE, 55));
            data.AddRange([1, .. BitConverter.GetBytes(1 + (i * 0.001)), .. Mdf4Samples.U64(offset), 2, .. Mdf4Samples.U32(i % 9), .. Enumerable.Repeat((byte)i, i % 9)]);
            offset += 4 + (i % 9);
        }

        long store = file.Group(0, 0, 600, id: 2, flags: 1);
        long value = file.Channel("v", 1, 0, 10, 8, 64, data: store);
        long group = file.Group(file.Channel("t", 2, 1, 4, 0, 64, value), 16, 600, store, 1);
        var reading = await MdfReading.ReadAsync(file.Finish(file.DataGroup(group, file.Block("DT", [], [.. data]), 1)), Small);
        reading.Of(0).Select(message => message.Payload.Length).ShouldBe(Enumerable.Range(0, 600).Select(i => 20 + (i % 9)));
        reading.Losses.ShouldHaveSingleItem().Bytes.ShouldBe(55);
    }

    [Fact]
    public async Task Circles_of_links_end()
    {
        var file = new Mdf4Samples();
        long data = file.Block("DT", [], Mdf4Samples.Records(10));
        long list = file.Position;
        file.List([data], 120, next: list).ShouldBe(list);
        long group = file.CountGroup(20);
        long own = file.Position;
        file.DataGroup(group, list, next: own);
        var reading = await MdfReading.ReadAsync(file.Finish(own), Small);
        reading.Of(0).Count.ShouldBe(10);
        reading.Losses.Count(loss => loss.Code == Mdf4Codes.Cycle).ShouldBe(2);
    }

    [Fact]
    public async Task Data_groups_are_found_when_the_header_is_gone()
    {
        var file = new Mdf4Samples();
        byte[] bytes = file.Finish(file.DataGroup(file.CountGroup(100), file.Block("DT", [], Mdf4Samples.Records(100))));
        bytes.AsSpan(64, 104).Clear();
        var reading = await MdfReading.ReadAsync(bytes, Small);
        reading.Of(0).Count.ShouldBe(100);
        reading.Losses.ShouldNotBeEmpty();
        await Should.ThrowAsync<RecordingFormatException>(async () => await MdfReading.ReadAsync(bytes[..100], Small));
    }

    [Fact]
    public async Task Real_files_cut_anywhere_give_a_prefix_of_each_group()
    {
        Require.AtLeast(TestLevel.Default);
        var random = new Random(3);
        foreach (string path in Seeds().Where(path => new FileInfo(path).Length < 300_000))
        {
            byte[] whole = await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken);
            var reference = await MdfReading.ReadAsync(whole, Small);
            for (int i = 0; i < 6; i++)
            {
                int cut = random.Next(64, whole.Length);
                MdfReading reading;
                try
                {
                    reading = await MdfReading.ReadAsync(whole[..cut], Small);
                }
                catch (RecordingFormatException)
                {
                    cut.ShouldBeLessThan(64 + 104, path);
                    continue;
                }

                if (reference.Losses.Count == 0 && reading.Count < reference.Count) reading.Losses.ShouldNotBeEmpty($"{path} cut at {cut}");
            }
        }
    }

    [Fact]
    public async Task The_doctor_names_what_is_wrong_and_finds_nothing_wrong_in_sound_files()
    {
        string folder = TestData.PathOf("generated", "mdf4");
        foreach (string path in Directory.GetFiles(folder, "*.mf4").Where(path => new FileInfo(path).Length < 20_000))
        {
            var findings = await RecordingDoctor.ExamineAsync(new MemoryByteSource(await File.ReadAllBytesAsync(path, TestContext.Current.CancellationToken)), Small, TestContext.Current.CancellationToken);
            string name = Path.GetFileName(path);
            bool isDamaged = name is "fin_partial_tail.mf4" or "unfin_sorted_dt0_partial.mf4";
            findings.Any(finding => finding.Severity == FindingSeverity.Error).ShouldBe(isDamaged, $"{name}: {string.Join("; ", findings)}");
            if (name.StartsWith("unfin", StringComparison.Ordinal)) findings.ShouldContain(finding => finding.Offset == 60);
            if (name == "dl_dz_no_hl.mf4") findings.ShouldContain(finding => finding.Severity == FindingSeverity.Warning && finding.Text.Contains("HL"));
        }
    }

    internal static IEnumerable<string> Seeds() =>
        Directory.EnumerateFiles(TestData.PathOf("generated", "mdf4"), "*.mf4")
            .Concat(Directory.EnumerateFiles(TestData.PathOf("CSS-Electronics_api-examples"), "*.MF4", SearchOption.AllDirectories))
            .Concat(Directory.EnumerateFiles(TestData.PathOf("danielhrisca_asammdf"), "*.mf4", SearchOption.AllDirectories)).Order(StringComparer.Ordinal);
}
