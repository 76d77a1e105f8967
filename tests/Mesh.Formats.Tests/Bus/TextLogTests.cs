using System.Text;
using Mesh.Formats.Bus.Asc;
using Mesh.Formats.Bus.Trc;
using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Bus;

public sealed class TextLogTests
{
    // Sat Sep 30 15:06:13.191 2017, in seconds.
    private const long Start = 1506783973;

    [Fact]
    public async Task Can_frames_of_an_asc_file_are_those_of_the_python_can_tests()
    {
        (await AscAsync("test_CanMessage.asc")).ShouldBe(
        [
            "1506809175692000000 can/2 id=c8 direction=tx dlc=8 data=0908070605040302",
            "1506809191067708000 can/1 id=6f9 direction=rx dlc=8 data=050c000000000000",
        ]);
        (await AscAsync("test_CanRemoteMessage.asc")).ShouldBe(
        [
            $"{Start + 2}701001000 can/2 id=100 direction=rx is_remote dlc=0",
            $"{Start + 2}711002000 can/3 id=200 direction=tx is_remote dlc=0",
            $"{Start + 2}775921000 can/4 id=300 direction=rx is_remote dlc=8",
        ]);
        (await AscAsync("test_CanErrorFrames.asc")).ShouldBe(
        [
            $"{Start + 2}692000000 can/1 id=0 is_error error_type=unknown error_position=0 dlc=0",
            $"{Start + 3}692000000 can/1 id=0 is_error error_type=unknown error_position=0 dlc=0",
            $"{Start + 4}692000000 can/2 id=0 is_error error_type=unknown error_position=0 dlc=0",
            $"{Start + 30}997898000 can/5 id=0 direction=tx is_fd is_error error_type=unknown error_position=0 dlc=0",
        ]);
    }

    [Fact]
    public async Task Can_fd_frames_of_an_asc_file_are_those_of_the_python_can_tests()
    {
        (await AscAsync("test_CanFdMessage.asc")).ShouldBe(
        [
            $"{Start + 30}196021000 can/1 id=300 direction=rx is_fd brs dlc=8 data=11c2030405060708",
            $"{Start + 30}196041000 can/2 id=1c4d80a7 is_extended direction=tx is_fd esi dlc=8 data=12c2030405060708",
            $"{Start + 30}196071000 can/3 id=30a direction=rx is_fd brs esi dlc=8 data=0102030405060708",
        ]);
        string zeros = string.Concat(Enumerable.Repeat("00", 59));
        (await AscAsync("test_CanFdMessage64.asc")).ShouldBe(
        [
            $"{Start + 30}697898000 can/4 id=4ee direction=rx is_fd esi dlc=15 data=a1020304{zeros}64",
            $"{Start + 31}697898000 can/4 id=1c4d80a7 is_extended direction=rx is_fd brs dlc=15 data=b1020304{zeros}64",
        ]);
        (await AscAsync("test_CanFdRemoteMessage.asc")).ShouldBe([$"{Start + 30}491981000 can/3 id=50005 is_extended direction=tx is_fd esi is_remote dlc=5"]);
    }

    [Theory]
    [InlineData("issue_1256.asc", 1457)]
    [InlineData("issue_1299.asc", 4)]
    [InlineData("logfile.asc", 20)]
    [InlineData("logfile_errorframes.asc", 12)]
    public async Task Asc_files_with_other_events_lose_nothing(string file, int frames) => (await AscAsync(file)).Count.ShouldBe(frames);

    [Theory]
    [InlineData("date Tue May 27 04:09:35.000 pm 2014", "2014-05-27T16:09:35.000")]
    [InlineData("date Die Mai 27 04:09:35.000 pm 2014", "2014-05-27T16:09:35.000")]
    [InlineData("date Don Apr 28 10:44:52.480 2022", "2022-04-28T10:44:52.480")]
    [InlineData("date Sam Sep 30 15:06:13.191 pm 2017", "2017-09-30T15:06:13.191")]
    [InlineData("date Sam Sep 30 15:06:13.191 am 2017", "2017-09-30T15:06:13.191")]
    [InlineData("date Mit Mär 1 12:00:01 am 2017", "2017-03-01T00:00:01.000")]
    [InlineData("date lun. févr. 3 08:00:00 2020", "2020-02-03T08:00:00.000")]
    [InlineData("date Thu Feb 13 09:27:45 am 2020", "2020-02-13T09:27:45.000")]
    public async Task Dates_are_read_in_the_languages_of_the_machines_that_wrote_them(string date, string expected)
    {
        ulong ns = (ulong)(DateTime.Parse(expected, null, System.Globalization.DateTimeStyles.AdjustToUniversal | System.Globalization.DateTimeStyles.AssumeUniversal) - DateTime.UnixEpoch).Ticks * 100;
        foreach (var encoding in (Encoding[])[Encoding.UTF8, Encoding.Latin1])
        {
            var (lines, losses) = await Frames.ReadAsync(encoding.GetBytes(date + "\nbase hex  timestamps absolute\n 0.000000 1 1 Rx d 0\n"));
            lines.ShouldHaveSingleItem().ShouldStartWith(ns.ToString(System.Globalization.CultureInfo.InvariantCulture));
            losses.ShouldBeEmpty();
        }
    }

    [Fact]
    public async Task Relative_times_add_up_and_decimal_numbers_are_decimal()
    {
        var (lines, losses) = await Frames.ReadAsync("date Thu Jan 1 00:00:00 1970\nbase dec timestamps relative\n 0.5 1 100 Rx d 2 16 255\n 0.25 CAN 1 Status:chip status error active\n 0.25 1 1000x Tx d 1 7\n"u8.ToArray());
        lines.ShouldBe(["500000000 can/1 id=64 direction=rx dlc=2 data=10ff", "1000000000 can/1 id=3e8 is_extended direction=tx dlc=1 data=07"]);
        losses.ShouldBeEmpty();
    }

    [Fact]
    public async Task Lin_and_ethernet_lines_of_an_asc_file_are_frames()
    {
        string text = """
            date Thu Jan 1 00:00:00 1970
            base hex timestamps absolute
             1.0 Li 3c Rx 2 aa bb checksum = 10 header time = 40, full time = 124 CSM = enhanced
             2.0 L2 1d TransmErr
             3.0 L2 TransmErr: 1d
             4.0 ETH 1 Tx 10:0102030405060708090a0b0c08004142
            """;
        var (lines, losses) = await Frames.ReadAsync(Encoding.UTF8.GetBytes(text));
        lines.ShouldBe(
        [
            "1000000000 lin/1 kind=frame id=3c direction=rx data_length=2 checksum=16 checksum_model=enhanced data=aabb",
            "3000000000 lin/2 kind=transmission_error id=1d data_length=0",
            "4000000000 ethernet/1 destination=010203040506 source=0708090a0b0c ethertype=2048 direction=tx payload=4142",
        ]);
        losses.ShouldHaveSingleItem().Code.ShouldBe("MESH10525");
    }

    [Theory]
    [InlineData("test_CanMessage_V1_0_BUS1.trc", false)]
    [InlineData("test_CanMessage_V1_1.trc", true)]
    [InlineData("test_CanMessage_V1_3.trc", true)]
    [InlineData("test_CanMessage_V2_0_BUS1.trc", true)]
    [InlineData("test_CanMessage_V2_1.trc", true)]
    public async Task Every_version_of_a_trc_file_tells_the_same(string file, bool hasFractions)
    {
        var (lines, losses) = await Frames.ReadAsync(Read(file));
        losses.ShouldBeEmpty();
        lines.Count.ShouldBe(11);

        // 18.12.2021 14:28:07.062, or .0620602 by STARTTIME, plus 17 535.4 ms.
        const string First = "1639837704597";
        lines[0].ShouldBe(hasFractions ? $"{First}401000 can/1 id=100 is_extended direction=tx dlc=8 data=0000000000000000" : $"{First}000000 can/1 id=100 is_extended dlc=8 data=0000000000000000");
        lines[3].ShouldContain(hasFractions ? " id=0 direction=tx dlc=8" : " id=0 dlc=8");
        lines[10].ShouldEndWith(hasFractions ? "id=704 direction=rx is_remote dlc=1" : "id=704 is_remote dlc=1");
    }

    [Fact]
    public async Task The_same_log_as_asc_and_trc_has_the_same_frames()
    {
        var asc = await AscAsync("test_CanMessage.asc");
        var (trc, losses) = await Frames.ReadAsync(Read("test_CanMessage.trc"));
        losses.ShouldBeEmpty();
        trc.ShouldBe(asc);

        // CSS Electronics' converters; their TRC writer is off by a day and rounds the start, so times are left out.
        string[] folder = ["CSS-Electronics_mdf4-converters", "Tools", "SystemTests"];
        var one = await Frames.ReadAsync(File.ReadAllBytes(TestData.PathOf([.. folder, "ASC", "TestData", "multiple_CAN.asc"])));
        var other = await Frames.ReadAsync(File.ReadAllBytes(TestData.PathOf([.. folder, "PEAK", "TestData", "multiple_CAN.trc"])));
        one.Lines.Count.ShouldBe(164);
        one.Lines.Select(WithoutTime).ShouldBe(other.Lines.Select(WithoutTime));

        // The ASC lines have the form of classic frames, which cannot say that the bit rate was switched, nor of short frames that they are CAN FD.
        static string WithoutTime(string line) => line[line.IndexOf(' ', StringComparison.Ordinal)..].Replace(" is_fd", "", StringComparison.Ordinal).Replace(" brs", "", StringComparison.Ordinal);
    }

    [Fact]
    public async Task Columns_of_version_2_are_taken_by_their_letters()
    {
        const string Text = ";$FILEVERSION=2.1\n;$STARTTIME=25569.0\n;$COLUMNS=N,O,T,B,I,d,R,L,D\n 1 1.000 FB 3 0123 Rx - 9 01 02 03 04 05 06 07 08 09 0a 0b 0c\n 2 2.5 FE 1 00000001 Tx - 0\n 3 3.0 ER 1 - Rx - 5 01 02 03 04 05\n 4 3.5 EC 1 - Rx - 2 00 01\n";
        var (lines, losses) = await Frames.ReadAsync(Encoding.UTF8.GetBytes(Text));
        lines.ShouldBe(
        [
            "1000000 can/3 id=123 direction=rx is_fd brs dlc=9 data=0102030405060708090a0b0c",
            "2500000 can/1 id=1 is_extended direction=tx is_fd brs esi dlc=0",
            "3000000 can/1 id=0 direction=rx is_error error_type=unknown error_position=0 dlc=5 data=0102030405",
        ]);
        losses.ShouldBeEmpty();
    }

    [Theory]
    [InlineData("logfile.asc")]
    [InlineData("test_CanMessage_V1_3.trc")]
    [InlineData("test_CanMessage_V2_1.trc")]
    public async Task A_cut_text_log_gives_the_frames_before_the_cut(string file)
    {
        byte[] whole = Read(file);
        var (all, _) = await Frames.ReadAsync(whole);
        int headerEnd = Encoding.Latin1.GetString(whole).IndexOf("Begin", StringComparison.Ordinal) is > 0 and var begin ? begin + 60 : Encoding.Latin1.GetString(whole).IndexOf("1)", StringComparison.Ordinal) is > 0 and var one ? one - 6 : 700;
        for (int cut = headerEnd; cut < whole.Length; cut += 7)
        {
            var (lines, losses) = await Frames.ReadAsync(whole[..cut]);
            lines.ShouldBe(all.Take(lines.Count).Select((line, i) => i == lines.Count - 1 ? lines[i] : line));
            losses.Count.ShouldBeLessThanOrEqualTo(1);
            int complete = Encoding.Latin1.GetString(whole, 0, cut).Count(character => character == '\n');
            int completeInAll = Encoding.Latin1.GetString(whole).Count(character => character == '\n');
            if (complete == completeInAll) lines.Count.ShouldBeGreaterThanOrEqualTo(all.Count - 1);
        }
    }

    [Fact]
    public async Task Mutated_text_logs_end_in_losses_at_most()
    {
        var random = new Random(11);
        string[] files = ["logfile.asc", "test_CanFdMessage64.asc", "test_CanMessage_V1_0_BUS1.trc", "test_CanMessage_V1_3.trc", "test_CanMessage_V2_1.trc"];
        byte[][] corpus = [.. files.Select(Read)];
        int lost = 0, kept = 0;
        for (int round = 0; round < 1500; round++)
        {
            byte[] bytes = (byte[])corpus[random.Next(corpus.Length)].Clone();
            for (int i = random.Next(1, 8); i > 0; i--) bytes[random.Next(30, bytes.Length)] = (byte)random.Next(256);
            try
            {
                var (lines, losses) = await Frames.ReadAsync(bytes);
                lost += losses.Count;
                kept += lines.Count;
            }
            catch (RecordingFormatException)
            {
            }
        }

        lost.ShouldBeGreaterThan(500);
        kept.ShouldBeGreaterThan(5000);
    }

    [Fact]
    public async Task A_line_without_end_is_passed_over_within_bounds()
    {
        byte[] file = new byte[6 << 20];
        file.AsSpan().Fill((byte)'a');
        "date Thu Jan 1 00:00:00 1970\nbase hex timestamps absolute\n"u8.CopyTo(file);
        "\n 1.0 1 1 Rx d 0\n"u8.CopyTo(file.AsSpan(^17));
        var (lines, losses) = await Frames.ReadAsync(file);
        lines.ShouldBe(["1000000000 can/1 id=1 direction=rx dlc=0"]);
        losses.ShouldHaveSingleItem().Code.ShouldBe("MESH10523");
    }

    [Fact]
    public void Other_texts_are_not_taken_for_logs()
    {
        AscRecordingReader.IsAsc("date,speed\n1,2\n"u8).ShouldBeFalse();
        AscRecordingReader.IsAsc("; a remark\n"u8).ShouldBeFalse();
        TrcRecordingReader.IsTrc("; a remark\n"u8).ShouldBeFalse();
        TrcRecordingReader.IsTrc(";$FILEVERSION=1.1\n"u8).ShouldBeTrue();
    }

    private static byte[] Read(string file) => File.ReadAllBytes(TestData.PathOf("hardbyte_python-can", "test", "data", file));

    private static async Task<List<string>> AscAsync(string file)
    {
        var (lines, losses) = await Frames.ReadAsync(Read(file));
        losses.ShouldBeEmpty();
        return lines;
    }
}
