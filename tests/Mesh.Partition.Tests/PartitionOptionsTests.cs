using Mesh.Lakehouse.Iceberg;
using Mesh.Streaming.Topologies;

namespace Mesh.Partition.Tests;

public class PartitionOptionsTests
{
    [Fact]
    public void Partition_fields_are_read_in_their_order()
    {
        var (options, errors) = Read("{ by: [day(log_time), vehicle_id, \"bucket(16, channel)\", \"truncate( 4 , recording_id )\"], sortBy: [channel, log_time], targetFileBytes: 64MiB }");

        errors.ShouldBeEmpty();
        options.PartitionBy.ShouldBe(
        [
            new("log_time", PartitionTransform.Day), new("vehicle_id", PartitionTransform.Identity), new("channel", PartitionTransform.Bucket, 16),
            new("recording_id", PartitionTransform.Truncate, 4),
        ]);
        options.SortBy.ShouldBe(["channel", "log_time"]);
        options.TargetFileBytes.ShouldBe(64 << 20);
    }

    [Theory]
    [InlineData("day(", "is not a partition field")]
    [InlineData("bucket(vehicle_id)", "is not a partition field")]
    [InlineData("\"day(3, log_time)\"", "is not a partition field")]
    [InlineData("\"bucket(0, vehicle_id)\"", "is not a partition field")]
    [InlineData("fortnight(log_time)", "is not a partition field")]
    [InlineData("day(log_time), day(log_time)", "twice")]
    public void A_field_that_makes_no_sense_is_reported(string by, string expected) =>
        Read($"{{ by: [{by}] }}").Errors.ShouldHaveSingleItem().ShouldContain(expected);

    private static (PartitionOptions Options, List<string> Errors) Read(string partition)
    {
        var topology = Topology.Parse($"apiVersion: mesh/v1\nkind: Topology\nmetadata: {{ name: test }}\npartition: {partition}\n", "test.yaml");
        var options = PartitionOptions.Read(topology.Section("partition"));
        return (options, [.. topology.Errors.All.Select(error => error.ToString())]);
    }
}
