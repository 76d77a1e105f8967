using Mesh.Columnar;
using Mesh.Streaming.Ingest;
using Shouldly;
using Xunit;
using static Mesh.Synchronise.Tests.Samples;

namespace Mesh.Synchronise.Tests;

public sealed class FrameSchemaTests
{
    private static readonly SynchroniseOptions Options = new()
    {
        Name = "frames",
        Reference = new ChannelReference("/lidar/top"),
        Inputs =
        [
            new SynchroniseInput("/imu", SynchronisePolicy.Linear), new SynchroniseInput("/camera/front", SynchronisePolicy.Nearest),
            new SynchroniseInput("/reference", SynchronisePolicy.Nearest),
        ],
    };

    [Fact]
    public async Task Frames_have_bookkeeping_and_the_messages_own_fields_without_binary_ones()
    {
        var sample = new Sample(5000, 3, 1);
        var frames = (await RunAsync(Options, Batch("/lidar/top", sample), Batch("/imu", sample), Batch("/camera/front", sample), Batch("/reference", sample))).Single();
        frames.Schema.Fields.Select(field => field.Name)
            .ShouldBe(["recording_id", "vehicle_id", "channel", "sequence", "log_time", "time_ns", "reference", "imu", "camera_front", "reference_"]);
        Names("reference").ShouldBe(["x", "label", "nested", "ranges", "policy"]);
        Names("imu").ShouldBe(["sequence", "time_ns", "match_error_ns", "policy", "interpolated", "missing_reason", "before_age_ns", "after_age_ns", "x", "label", "nested", "ranges", "policy_"]);
        ((StructType)((StructType)frames.Schema.Fields[7].Type).Fields[10].Type).Fields.Select(field => field.Name).ShouldBe(["y", "n"]);
        frames["channel"].GetString(0).ShouldBe("/lidar/top");
        frames["recording_id"].GetString(0).ShouldBe("rec");
        frames["vehicle_id"].GetString(0).ShouldBe("V1");

        IEnumerable<string> Names(string column) => ((StructType)frames.Schema.Fields[frames.Schema.IndexOf(column)].Type).Fields.Select(field => field.Name);
    }

    [Fact]
    public async Task A_channel_that_is_absent_has_no_column_and_a_reference_that_is_absent_no_frames()
    {
        var sample = new Sample(5000, 3, 1);
        (await RunAsync(Options, Batch("/lidar/top", sample), Batch("/imu", sample))).Single().Schema.Fields.Select(field => field.Name)
            .ShouldBe(["recording_id", "vehicle_id", "channel", "sequence", "log_time", "time_ns", "reference", "imu"]);
        (await RunAsync(Options, Batch("/imu", sample))).ShouldBeEmpty();
        (await RunAsync(Options)).ShouldBeEmpty();
    }

    [Fact]
    public async Task A_reference_of_nothing_but_binary_has_no_values_column()
    {
        var schema = new Schema([.. SystemColumns.Fields, new Field("data", DataType.Binary)]);
        var builder = new StructBuilder(schema.AsStruct());
        AppendSystem(builder, "/lidar/top", 0, 5000);
        ((BinaryBuilder)builder.Children[8]).Append(new byte[100]);
        builder.EndStruct();
        var batch = new ChannelBatch("/lidar/top", "demo/Cloud", builder.BuildBatch(), new long[] { 5000 }, "log");
        var frames = (await RunAsync(Options, batch, Batch("/imu", new Sample(5000, 0, 7)))).Single();
        frames.Schema.Fields.Select(field => field.Name).ShouldBe(["recording_id", "vehicle_id", "channel", "sequence", "log_time", "time_ns", "imu"]);
        Field(frames, "imu", "x").Values<double>()[0].ShouldBe(7);
    }

    [Fact]
    public async Task Fields_of_several_schemas_of_a_channel_are_united_whatever_arrives_first()
    {
        var schema = new Schema([.. SystemColumns.Fields, new Field("x", DataType.Float64), new Field("added", DataType.Int32), new Field("label", DataType.Int32)]);
        var builder = new StructBuilder(schema.AsStruct());
        AppendSystem(builder, "/imu", 1, 6000);
        ((FixedWidthBuilder<double>)builder.Children[8]).Append(9);
        ((FixedWidthBuilder<int>)builder.Children[9]).Append(42);
        ((FixedWidthBuilder<int>)builder.Children[10]).Append(1);
        builder.EndStruct();
        var later = new ChannelBatch("/imu", "demo/Sample", builder.BuildBatch(), new long[] { 6000 }, "header");
        var earlier = Batch("/imu", new Sample(5000, 0, 7, "seven"));
        var reference = Batch("/lidar/top", new Sample(5000, 0, 0), new Sample(5500, 1, 0), new Sample(6000, 2, 0));

        var frames = (await RunAsync(Options, reference, later, earlier)).Single();
        Text([frames]).ShouldBe(Text(await RunAsync(Options, earlier, later, reference)));
        Field(frames, "imu", "x").Values<double>().ToArray().ShouldBe([7, 8, 9]);
        var added = Field(frames, "imu", "added");
        Enumerable.Range(0, 3).Select(added.IsNull).ShouldBe([true, true, false]);
        added.Values<int>()[2].ShouldBe(42);

        // The type of the first recorded message stays; the other is not forced into it.
        var label = Field(frames, "imu", "label");
        label.Type.ShouldBe(DataType.Utf8);
        label.GetString(0).ShouldBe("seven");
        label.IsNull(2).ShouldBeTrue();
    }

    [Fact]
    public async Task Long_recordings_come_in_batches()
    {
        var frames = await RunAsync(Options, Batch("/lidar/top", Enumerable.Range(0, 20_000).Select(i => new Sample(i, i, i))));
        frames.Count.ShouldBeGreaterThan(1);
        frames.Sum(batch => batch.Length).ShouldBe(20_000);
        frames.SelectMany(batch => batch["sequence"].Values<long>().ToArray()).ShouldBe(Enumerable.Range(0, 20_000).Select(i => (long)i));
    }
}
