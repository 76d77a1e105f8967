using System.Text;
using Mesh.Columnar;
using Mesh.Formats;
using Mesh.Formats.Mcap;
using Mesh.Model;
using Mesh.Streaming.Ingest;
using static Mesh.Decode.Tests.DecodeBench;

namespace Mesh.Decode.Tests;

public sealed class RecordingDecoderTests : IDisposable
{
    private readonly DecodeBench bench = new();

    public void Dispose() => bench.Dispose();

    [Fact]
    public async Task A_message_becomes_a_row_with_its_identity_times_and_fields()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point");
            await writer.WriteMessageAsync(channel, 99, StartNs, StartNs - 1000, Point(1.5, -2), token);
            await writer.WriteMessageAsync(channel, 98, StartNs + 1, StartNs, Point(3, 4), token);
        });

        var batch = (await bench.DecodeAsync(recording)).ShouldHaveSingleItem();

        batch.Channel.ShouldBe("/point");
        batch.SchemaName.ShouldBe("demo_msgs/msg/Point");
        batch.TimeBase.ShouldBe("publish");
        batch.SensorTimeNs.ToArray().ShouldBe([(long)StartNs - 1000, (long)StartNs]);
        var rows = batch.Batch;
        rows.Schema.Fields.Select(field => field.Name).ShouldBe([.. SystemColumns.Fields.Select(field => field.Name), "x", "y"]);
        rows["recording_id"].GetString(1).ShouldBe(Upload("x").IngestId.ToString());
        rows["vehicle_id"].GetString(1).ShouldBe("V1");
        rows["channel"].GetString(0).ShouldBe("/point");
        rows["sequence"].Values<long>().ToArray().ShouldBe([0, 1]);
        rows["log_time"].Values<long>().ToArray().ShouldBe([1_700_000_000_000_000, 1_700_000_000_000_000]);
        rows["log_time_ns"].Values<long>().ToArray().ShouldBe([(long)StartNs, (long)StartNs + 1]);
        rows["publish_time_ns"].Values<long>().ToArray().ShouldBe([(long)StartNs - 1000, (long)StartNs]);
        rows["clock_error_ns"].NullCount.ShouldBe(2);
        rows["x"].Values<double>().ToArray().ShouldBe([1.5, 3]);
        rows["y"].Values<double>().ToArray().ShouldBe([-2, 4]);
        (bench.Account.MessagesIn, bench.Account.RowsOut, bench.Account.DeadLetters).ShouldBe((2, 2, 0));
        (bench.Account.MinLogTimeNs, bench.Account.MaxLogTimeNs).ShouldBe(((long)StartNs, (long)StartNs + 1));
    }

    [Fact]
    public async Task Sequence_counts_over_all_connections_of_a_channel_name_and_does_not_depend_on_the_selection()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort first = AddPointChannel(writer, "/point");
            ushort second = writer.AddChannel(writer.AddSchema("demo_msgs/msg/Other", "ros2msg", Encoding.UTF8.GetBytes("float64 z\n")), "/point", "cdr");
            for (uint i = 0; i < 6; i++)
            {
                await writer.WriteMessageAsync(i % 2 == 0 ? first : second, i, StartNs + i, StartNs + i, i % 2 == 0 ? Point(i, i) : Point(i, i)[..12], token);
            }
        });

        var all = await bench.DecodeAsync(recording);
        all.Single(batch => batch.SchemaName == "demo_msgs/msg/Point").Batch["sequence"].Values<long>().ToArray().ShouldBe([0, 2, 4]);
        all.Single(batch => batch.SchemaName == "demo_msgs/msg/Other").Batch["sequence"].Values<long>().ToArray().ShouldBe([1, 3, 5]);

        var some = await bench.DecodeAsync(recording, new DecodeOptions { Channels = [new ChannelRule("demo_msgs/*/Other", null)] });
        some.ShouldHaveSingleItem().Batch["sequence"].Values<long>().ToArray().ShouldBe([1, 3, 5]);
        (bench.Account.MessagesIn, bench.Account.RowsOut, bench.Account.NotSelected).ShouldBe((6, 3, 3));
    }

    [Fact]
    public async Task A_message_that_does_not_match_its_schema_is_a_dead_letter_and_the_others_go_on()
    {
        byte[] bad = [0, 1, 0, 0, 1, 2, 3];
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point");
            await writer.WriteMessageAsync(channel, 0, StartNs, StartNs, Point(0, 0), token);
            await writer.WriteMessageAsync(channel, 1, StartNs + 1, StartNs, bad, token);
            await writer.WriteMessageAsync(channel, 2, StartNs + 2, StartNs, Point(2, 2), token);
        });

        var batch = (await bench.DecodeAsync(recording)).ShouldHaveSingleItem().Batch;

        batch["sequence"].Values<long>().ToArray().ShouldBe([0, 2]);
        batch["x"].Values<double>().ToArray().ShouldBe([0, 2]);
        var letter = bench.Letters.ShouldHaveSingleItem();
        (letter.Stage, letter.Channel, letter.Sequence, letter.LogTimeNs, letter.Count).ShouldBe(("decode", "/point", 1, StartNs + 1, 1));
        letter.Code.ShouldStartWith("MESH10");
        letter.Payload.ToByteArray().ShouldBe(bad);
        letter.Source.Offset.ShouldBe(7);
        bench.Account.Channels.ShouldHaveSingleItem().DeadLetters.ShouldBe(1);
    }

    [Fact]
    public async Task Messages_chosen_one_by_one_are_decoded_and_the_others_count_as_not_selected()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort left = AddPointChannel(writer, "/left"), right = AddPointChannel(writer, "/right");
            for (uint i = 0; i < 20; i++) await writer.WriteMessageAsync(i % 2 == 0 ? left : right, i, StartNs + i, StartNs, Point(i, i), token);
        });
        var only = new MessageSelection([("/left", 2, 4), ("/left", 4, 6), ("/left", 9, 9), ("/none", 0, 3)], (_, sequence) => sequence == 5);

        var batch = (await bench.DecodeAsync(recording, new DecodeOptions { Only = only })).ShouldHaveSingleItem().Batch;

        batch["sequence"].Values<long>().ToArray().ShouldBe([2, 3, 4, 6, 9]);
        batch["x"].Values<double>().ToArray().ShouldBe([4, 6, 8, 12, 18]);
        (bench.Account.MessagesIn, bench.Account.RowsOut, bench.Account.NotSelected).ShouldBe((20, 5, 15));
    }

    [Fact]
    public async Task A_schema_that_a_recording_has_wrong_is_corrected_for_the_channels_it_is_meant_for()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort wrong = AddPointChannel(writer, "/wrong", "this is no schema", "demo_msgs/msg/Point"), right = AddPointChannel(writer, "/right");
            await writer.WriteMessageAsync(wrong, 0, StartNs, StartNs, Point(1, 2), token);
            await writer.WriteMessageAsync(right, 0, StartNs, StartNs, Point(3, 4), token);
        });
        var correction = new SchemaCorrection(new ChannelRule(null, "/wrong"), null, null, "float64 a\nfloat64 b\n");

        var batches = await bench.DecodeAsync(recording, new DecodeOptions { Schemas = [correction] });

        var corrected = batches.Single(batch => batch.Channel == "/wrong");
        corrected.SchemaName.ShouldBe("demo_msgs/msg/Point");
        corrected.Batch["b"].Values<double>().ToArray().ShouldBe([2]);
        batches.Single(batch => batch.Channel == "/right").Batch["x"].Values<double>().ToArray().ShouldBe([3]);
        bench.Letters.ShouldBeEmpty();
    }

    [Fact]
    public async Task A_large_bad_message_is_referred_to_in_the_recording()
    {
        byte[] bad = [0, 1, 0, 0, 255, 255, 255, 127, .. new byte[100_000]];
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/text", "string text\n", "demo_msgs/msg/Text");
            await writer.WriteMessageAsync(channel, 0, StartNs, StartNs, bad, token);
        });

        (await bench.DecodeAsync(recording)).ShouldBeEmpty();

        var letter = bench.Letters.ShouldHaveSingleItem();
        letter.Payload.IsEmpty.ShouldBeTrue();
        letter.PayloadUri.ShouldBe(bench.Landing.UriOf("r.mcap"));
        letter.PayloadOffset.ShouldBeGreaterThan(0);
        letter.PayloadBytes.ShouldBe(bad.Length);
    }

    [Fact]
    public async Task Every_message_of_a_schema_that_does_not_parse_is_in_a_letter_without_flooding_the_log()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort broken = AddPointChannel(writer, "/broken", "this is } not a schema\n", "demo_msgs/msg/Broken");
            ushort good = AddPointChannel(writer, "/good");
            for (uint i = 0; i < 50; i++)
            {
                await writer.WriteMessageAsync(broken, i, StartNs + i, StartNs, Point(i, i), token);
                await writer.WriteMessageAsync(good, i, StartNs + i, StartNs, Point(i, i), token);
            }
        });

        var batches = await bench.DecodeAsync(recording, new DecodeOptions { MaxLettersPerChannel = 10 });

        batches.ShouldHaveSingleItem().Batch.Length.ShouldBe(50);
        bench.Letters.Count.ShouldBe(11);
        bench.Letters.Sum(letter => letter.Count).ShouldBe(50);
        var rest = bench.Letters.Last();
        (rest.Sequence, rest.LastSequence, rest.Count).ShouldBe((10, 49, 40));
        rest.Reason.ShouldContain("40 messages from sequence 10 to 49");
        (bench.Account.DeadLetters, bench.Account.RowsOut, bench.Account.MessagesIn).ShouldBe((50, 50, 100));
    }

    [Fact]
    public async Task A_time_beyond_signed_nanoseconds_is_a_dead_letter()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point");
            await writer.WriteMessageAsync(channel, 0, 1UL << 63, StartNs, Point(0, 0), token);
            await writer.WriteMessageAsync(channel, 1, StartNs, ulong.MaxValue, Point(1, 1), token);
            await writer.WriteMessageAsync(channel, 2, StartNs, StartNs, Point(2, 2), token);
        });

        var batch = (await bench.DecodeAsync(recording)).ShouldHaveSingleItem().Batch;

        batch["sequence"].Values<long>().ToArray().ShouldBe([2]);
        bench.Letters.Select(letter => (letter.Code, letter.Sequence, letter.LogTimeNs)).ShouldBe([("MESH2103", 0, 1UL << 63), ("MESH2103", 1, StartNs)]);
    }

    [Fact]
    public async Task A_field_named_like_a_system_column_gets_an_underscore_and_names_stay_unique_ignoring_case()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point", "float64 sequence\nfloat64 sequence_\n", "demo_msgs/msg/Named");
            await writer.WriteMessageAsync(channel, 0, StartNs, StartNs, Point(1, 2), token);
        });

        var batch = (await bench.DecodeAsync(recording)).ShouldHaveSingleItem().Batch;

        string[] names = [.. batch.Schema.Fields.Select(field => field.Name).Skip(SystemColumns.Fields.Count)];
        names.ShouldBe(["sequence_", "sequence__"]);
        batch["sequence_"].Values<double>()[0].ShouldBe(1);
        batch["sequence__"].Values<double>()[0].ShouldBe(2);
    }

    [Fact]
    public async Task The_time_base_is_the_header_stamp_where_there_is_one_and_log_time_where_there_is_nothing_else()
    {
        byte[] stamped = [0, 1, 0, 0, .. BitConverter.GetBytes(1_600_000_000), .. BitConverter.GetBytes(5u), .. BitConverter.GetBytes(1), 0, 0, 0, 0];
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            string header = "std_msgs/Header header\n================\nMSG: std_msgs/Header\nbuiltin_interfaces/Time stamp\nstring frame_id\n================\nMSG: builtin_interfaces/Time\nint32 sec\nuint32 nanosec\n";
            ushort first = AddPointChannel(writer, "/stamped", header, "demo_msgs/msg/Stamped");
            ushort second = AddPointChannel(writer, "/point");
            await writer.WriteMessageAsync(first, 0, StartNs, StartNs - 5, stamped, token);
            await writer.WriteMessageAsync(second, 0, StartNs, StartNs, Point(0, 0), token);
        });

        var batches = await bench.DecodeAsync(recording);

        var header = batches.Single(batch => batch.Channel == "/stamped");
        (header.TimeBase, header.SensorTimeNs.Span[0]).ShouldBe(("header", 1_600_000_000_000_000_005));
        var log = batches.Single(batch => batch.Channel == "/point");
        (log.TimeBase, log.SensorTimeNs.Span[0]).ShouldBe(("log", (long)StartNs));
        bench.Account.Channels.Select(channel => channel.TimeBase).ShouldBe(["header", "log"]);
    }

    [Fact]
    public async Task Schemaless_channels_stay_bytes_and_json_without_properties_stays_text()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort raw = writer.AddChannel(0, "/raw", "");
            ushort json = writer.AddChannel(writer.AddSchema("J", "jsonschema", "{}"u8.ToArray()), "/json", "json");
            await writer.WriteMessageAsync(raw, 0, StartNs, StartNs, new byte[] { 1, 2, 3 }, token);
            await writer.WriteMessageAsync(json, 0, StartNs, StartNs, "{\"a\":1}"u8.ToArray(), token);
        });

        var batches = await bench.DecodeAsync(recording);

        batches.Single(batch => batch.Channel == "/raw").Batch["data"].GetBytes(0).ToArray().ShouldBe([1, 2, 3]);
        batches.Single(batch => batch.Channel == "/json").Batch["json"].GetString(0).ShouldBe("{\"a\":1}");
    }

    [Fact]
    public async Task What_is_no_recording_is_refused_as_a_whole()
    {
        (await Should.ThrowAsync<RecordingFormatException>(bench.DecodeAsync([]))).Code.ShouldBe("MESH10001");
        (await Should.ThrowAsync<RecordingFormatException>(bench.DecodeAsync(Encoding.UTF8.GetBytes("a shopping list")))).Code.ShouldBe("MESH10002");
    }

    [Fact]
    public async Task A_truncated_recording_yields_what_is_intact_and_says_what_is_lost()
    {
        byte[] recording = await PointsAsync(2000, new McapWriterOptions { ChunkBytes = 4096 });

        var batches = await bench.DecodeAsync(recording[..(recording.Length / 2)]);

        long rows = batches.Sum(batch => batch.Batch.Length);
        rows.ShouldBeInRange(100, 1999);
        bench.Account.Losses.ShouldNotBeEmpty();
        bench.Account.RowsOut.ShouldBe(rows);
    }

    [Fact]
    public async Task With_fail_a_damaged_place_or_message_refuses_the_whole_recording()
    {
        byte[] recording = await PointsAsync(2000, new McapWriterOptions { ChunkBytes = 4096 });
        var strict = new DecodeOptions { OnCorrupt = CorruptPolicy.Fail };

        (await bench.DecodeAsync(recording, strict)).Sum(batch => batch.Batch.Length).ShouldBe(2000);
        var failure = await Should.ThrowAsync<MeshException>(bench.DecodeAsync(recording[..(recording.Length / 2)], strict));
        failure.Code.ShouldBe("MESH2102");
        failure.IsTransient.ShouldBeFalse();
    }

    [Fact]
    public async Task Batches_keep_to_their_rows_and_open_batches_to_their_bytes()
    {
        byte[] recording = await bench.WriteAsync(async (writer, token) =>
        {
            ushort[] channels = [.. Enumerable.Range(0, 20).Select(i => AddPointChannel(writer, $"/blob{i}", "uint8[] data\n", "demo_msgs/msg/Blob"))];
            byte[] blob = [0, 1, 0, 0, .. BitConverter.GetBytes(10_000), .. new byte[10_000]];
            for (uint i = 0; i < 2000; i++) await writer.WriteMessageAsync(channels[i % 20], i, StartNs + i, StartNs, blob, token);
        });

        var batches = await bench.DecodeAsync(recording, new DecodeOptions { BatchRows = 70, MaxBufferedBytes = 2 << 20 });

        batches.Sum(batch => batch.Batch.Length).ShouldBe(2000);
        batches.Max(batch => batch.Batch.Length).ShouldBeLessThanOrEqualTo(70);
        // 20 channels with 70 rows of 10 kB each would be 14 MB; the cap makes batches leave early.
        batches.Take(20).Max(batch => batch.Bytes).ShouldBeLessThan(1 << 20);
        batches.Count.ShouldBeGreaterThan(2000 / 70 + 20);
        foreach (var channel in batches.GroupBy(batch => batch.Channel))
        {
            channel.SelectMany(batch => batch.Batch["sequence"].Values<long>().ToArray()).ShouldBe(Enumerable.Range(0, 100).Select(i => (long)i));
        }
    }

    private Task<byte[]> PointsAsync(int count, McapWriterOptions options) => bench.WriteAsync(
        async (writer, token) =>
        {
            ushort channel = AddPointChannel(writer, "/point");
            for (uint i = 0; i < count; i++) await writer.WriteMessageAsync(channel, i, StartNs + i, StartNs, Point(i, -(double)i), token);
        },
        options);
}
