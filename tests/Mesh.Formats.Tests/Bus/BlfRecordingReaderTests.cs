using System.Buffers.Binary;
using System.Globalization;
using Mesh.Model;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

public sealed class BlfRecordingReaderTests
{
    [Theory]
    [InlineData("test_CanMessage.blf", "can/4369 id=4444444 direction=rx dlc=51 data=5566778899aabbcc")]
    [InlineData("test_CanMessage2.blf", "can/4369 id=4444444 direction=rx dlc=51 data=5566778899aabbcc")]
    [InlineData("test_CanFdMessage.blf", "can/4369 id=4444444 direction=rx is_fd brs esi dlc=51 data=000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f202122232425262728292a2b2c2d2e2f303132333435363738393a3b3c3d3e3f")]
    [InlineData("test_CanFdMessage64.blf", "can/17 id=15555555 direction=tx is_fd brs esi is_remote dlc=34")]
    [InlineData("test_CanErrorFrameExt.blf", "can/4369 id=19999999 is_extended is_error error_type=form error_position=85 dlc=102 data=ccddeeff11223344")]
    public async Task Frames_are_those_of_the_python_can_tests(string file, string expected)
    {
        // The files of Vector BLF's tests fill every field with a pattern; the time is in units of a nanosecond.
        var (lines, losses) = await Frames.ReadAsync(Read(file));
        losses.ShouldBeEmpty();
        lines.Count.ShouldBe(2);
        lines.ShouldAllBe(line => line == "2459565876494606882 " + expected);
    }

    [Fact]
    public async Task A_frame_whose_last_zeros_are_not_stored_has_them()
    {
        var (lines, losses) = await Frames.ReadAsync(Read("issue_1905.blf"));
        losses.ShouldBeEmpty();
        lines.Count.ShouldBe(22);
        lines[0].ShouldBe("1735654183491113000 can/7 id=6a9 direction=rx is_fd brs dlc=15 data=" + new string('f', 96) + new string('0', 32));
    }

    [Theory]
    [InlineData(0, false)]
    [InlineData(100, false)]
    [InlineData(100, true)]
    [InlineData(4096, true)]
    public async Task Objects_are_whole_wherever_containers_cut_them(int containerBytes, bool isCompressed)
    {
        var (lines, losses) = await Frames.ReadAsync(Sample(500).ToFile(containerBytes, isCompressed));
        losses.ShouldBeEmpty();
        lines.Count.ShouldBe(500);
        for (int i = 0; i < lines.Count; i++) lines[i].ShouldBe(Line(i));
    }

    [Fact]
    public async Task Every_kind_of_frame_is_read_by_its_layout()
    {
        byte[] lin = new byte[24];
        lin[0] = 2;
        lin[2] = 0x3c;
        lin[3] = 2;
        lin[4] = 0xaa;
        lin[5] = 0xbb;
        lin[16] = 0x10;
        lin[18] = 1;
        byte[] lin2 = new byte[132];
        lin2[12] = 3;
        lin2[37] = 0x11;
        lin2[38] = 1;
        lin2[39] = 1;
        lin2[112] = 0xcc;
        lin2[120] = 0x20;
        byte[] flexRay = new byte[84 + 4];
        flexRay[0] = 1;
        flexRay[4] = 2;
        flexRay[16] = 9;
        flexRay[20] = 0x34;
        flexRay[24] = 4;
        flexRay[26] = 5;
        flexRay[36] = 4;
        BinaryPrimitives.WriteUInt32LittleEndian(flexRay.AsSpan(84), 0x04030201);
        byte[] ethernet = new byte[32 + 3];
        for (int i = 0; i < 6; i++) (ethernet[i], ethernet[8 + i]) = ((byte)(0xa0 + i), (byte)(0xb0 + i));
        ethernet[6] = 1;
        BinaryPrimitives.WriteUInt16LittleEndian(ethernet.AsSpan(16), 0x88b5);
        ethernet[22] = 3;
        ethernet[32] = 0x61;
        byte[] ethernetEx = new byte[32 + 16];
        ethernetEx[4] = 2;
        ethernetEx[20] = 1;
        ethernetEx[22] = 16;
        ethernetEx[32] = 0x01;
        ethernetEx[44] = 0x08;
        byte[] marker = new byte[40 + 7];
        marker[16] = 1;
        marker[20] = 2;
        marker[24] = 4;
        "gmmtext"u8.CopyTo(marker.AsSpan(40));
        var (lines, losses) = await Frames.ReadAsync(new BlfWriter()
            .Add(11, 1, lin).Add(57, 2, lin2).Add(66, 3, flexRay).Add(71, 4, ethernet).Add(120, 5, ethernetEx).Add(96, 6, marker).Add(4, 7, new byte[20]).ToFile(64, true));
        losses.ShouldBeEmpty();
        lines.Take(5).ShouldBe(
        [
            "1 lin/2 kind=frame id=3c direction=tx data_length=2 checksum=16 data=aabb",
            "2 lin/3 kind=frame id=11 direction=rx data_length=1 checksum=32 checksum_model=enhanced data=cc",
            "3 flexray/1 slot=9 cycle=5 channel_b direction=rx is_sync header_crc=52 frame_crc=0 data=01020304",
            "4 ethernet/1 destination=b0b1b2b3b4b5 source=a0a1a2a3a4a5 ethertype=34997 direction=rx payload=610000",
            "5 ethernet/2 destination=010000000000 source=000000000000 ethertype=2048 direction=tx payload=0000",
        ]);
        lines.Count.ShouldBe(6);
        lines[5].ShouldStartWith("6 events ");
        string json = lines[5][(lines[5].LastIndexOf('=') + 1)..];
        if (!json.StartsWith("7b", StringComparison.Ordinal)) return;
        System.Text.Encoding.UTF8.GetString(Convert.FromHexString(json)).ShouldBe("""{"kind":"marker","name":"g/mm","text":"text"}""");
    }

    [Fact]
    public async Task A_file_cut_anywhere_gives_what_is_before_the_cut()
    {
        byte[] whole = Sample(300).ToFile(1000, true);
        int before = 0;
        for (int cut = 144; cut < whole.Length; cut += 37)
        {
            var (lines, losses) = await Frames.ReadAsync(whole[..cut]);
            for (int i = 0; i < lines.Count; i++) lines[i].ShouldBe(Line(i));
            lines.Count.ShouldBeGreaterThanOrEqualTo(before);
            before = lines.Count;
            losses.Count.ShouldBeInRange(1, 2);
        }

        before.ShouldBeGreaterThan(280);
    }

    [Fact]
    public async Task A_damaged_container_costs_its_own_objects_and_is_reported()
    {
        byte[] file = Sample(300).ToFile(1000, true);
        int second = Array.IndexOf(file, (byte)'L', 200);
        while (!file.AsSpan(second).StartsWith("LOBJ"u8)) second++;
        file[second + 60] ^= 0xff;
        var (lines, losses) = await Frames.ReadAsync(file);
        losses.ShouldNotBeEmpty();
        losses[0].Code.ShouldBe("MESH10522");
        losses[0].Offset.ShouldBe(second);
        lines.Count.ShouldBeInRange(250, 299);
        var sound = Enumerable.Range(0, 300).Select(Line).ToHashSet();
        lines.Count(line => !sound.Contains(line)).ShouldBeLessThan(25);
        lines[^1].ShouldBe(Line(299));
    }

    [Fact]
    public async Task An_unfinished_file_without_sizes_in_its_header_is_whole()
    {
        byte[] file = Sample(50).ToFile(1000, true);
        file.AsSpan(16, 24).Clear();
        var (lines, losses) = await Frames.ReadAsync([.. file, .. new byte[500]]);
        lines.Count.ShouldBe(50);
        losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_container_that_claims_more_than_allowed_is_refused()
    {
        byte[] file = Sample(50).ToFile(4000, true);
        BinaryPrimitives.WriteUInt32LittleEndian(file.AsSpan(144 + 24), uint.MaxValue);
        var (lines, losses) = await Frames.ReadAsync(file, new RecordingReaderOptions { MaxBlockBytes = 100_000 });
        losses[0].Code.ShouldBe("MESH10523");
        lines.ShouldBeEmpty();
    }

    [Fact]
    public async Task Mutated_files_end_in_losses_at_most()
    {
        var random = new Random(5);
        byte[][] corpus = [Sample(60).ToFile(500, true), Sample(60).ToFile(0, false), Sample(60).ToFile(700, false), Read("issue_1905.blf"), Read("test_CanErrorFrameExt.blf")];
        long kept = 0, lost = 0;
        for (int round = 0; round < 2000; round++)
        {
            byte[] bytes = (byte[])corpus[random.Next(corpus.Length)].Clone();
            for (int i = random.Next(1, 6); i > 0; i--) bytes[random.Next(4, bytes.Length)] = random.Next(3) == 0 ? (byte)0xff : (byte)random.Next(256);
            if (random.Next(4) == 0) bytes = bytes[..random.Next(144, bytes.Length)];
            try
            {
                var (lines, losses) = await Frames.ReadAsync(bytes, new RecordingReaderOptions { MaxBlockBytes = 1 << 20 });
                kept += lines.Count;
                lost += losses.Count;
            }
            catch (RecordingFormatException)
            {
            }
        }

        kept.ShouldBeGreaterThan(20_000);
        lost.ShouldBeGreaterThan(500);
    }

    [Fact]
    public async Task A_query_selects_by_topic_and_time()
    {
        var options = new RecordingReaderOptions { Query = new RecordingQuery { Topics = ["can/2"], StartTimeNs = 100_000 } };
        var (lines, _) = await Frames.ReadAsync(Sample(300).ToFile(1000, true), options);
        lines.Count.ShouldBe(100);
        lines.ShouldAllBe(line => line.Contains(" can/2 ", StringComparison.Ordinal));
    }

    private static BlfWriter Sample(int count)
    {
        var writer = new BlfWriter();
        for (int i = 0; i < count; i++)
        {
            byte[] data = new byte[i % 9];
            data.AsSpan().Fill((byte)i);
            writer.Add(i % 3 == 0 ? 86u : 1u, (ulong)i * 1000, i % 3 == 0 ? [.. BlfWriter.CanMessage((ushort)(1 + (i % 2)), (uint)i, data), .. new byte[8]] : BlfWriter.CanMessage((ushort)(1 + (i % 2)), (uint)i, data));
        }

        return writer;
    }

    private static string Line(int i)
    {
        string data = string.Concat(Enumerable.Repeat(((byte)i).ToString("x2", CultureInfo.InvariantCulture), i % 9));
        return string.Create(CultureInfo.InvariantCulture, $"{i * 1000} can/{1 + (i % 2)} id={i:x} direction=rx dlc={i % 9}{(data.Length > 0 ? " data=" + data : "")}");
    }

    private static byte[] Read(string file) => File.ReadAllBytes(TestData.PathOf("hardbyte_python-can", "test", "data", file));
}
