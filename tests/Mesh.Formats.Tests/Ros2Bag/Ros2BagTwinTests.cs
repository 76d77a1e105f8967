using Mesh.Testing;
using Shouldly;
using Xunit;

namespace Mesh.Formats.Tests.Ros2Bag;

/// <summary>Bags that rosbag2's authors keep in both storages, or compressed and not.</summary>
public sealed class Ros2BagTwinTests
{
    [Theory]
    [InlineData("rosbag2_py/test/resources/{0}/convert_a/rewriter_a_0.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/convert_b/rewriter_b_0.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/wbag/wbag_1.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/wbag/wbag_2.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/wbag/wbag_4.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/reindex_test_bags/multiple_files/multiple_files_0.{1}")]
    [InlineData("rosbag2_py/test/resources/{0}/reindex_test_bags/multiple_files/multiple_files_2.{1}")]
    [InlineData("rosbag2_tests/resources/{0}/cdr_test/cdr_test_0.{1}")]
    public async Task Sqlite_and_mcap_hold_the_same_messages(string path)
    {
        var sqlite = await BagReading.FileAsync(TestData.PathOf("ros2_rosbag2", string.Format(null, path, "sqlite3", "db3")));
        var mcap = await BagReading.FileAsync(TestData.PathOf("ros2_rosbag2", string.Format(null, path, "mcap", "mcap")));
        sqlite.Messages.Count.ShouldBeGreaterThan(0);
        Sorted(sqlite).ShouldBe(Sorted(mcap));
        sqlite.Messages.Select(message => (message.Channel.Topic, message.Channel.Schema!.Name)).ToHashSet()
            .ShouldBe(mcap.Messages.Select(message => (message.Channel.Topic, message.Channel.Schema!.Name)).ToHashSet(), ignoreOrder: true);
    }

    [Fact]
    public async Task Compressed_files_hold_what_uncompressed_ones_do()
    {
        var plain = await BagReading.FileAsync(TestData.PathOf("generated", "db3/gen2_foxy.db3"));
        var file = await BagReading.FileAsync(TestData.PathOf("generated", "db3/filezstd/filezstd_0.db3.zstd"));
        var message = await BagReading.FileAsync(TestData.PathOf("generated", "db3/msgzstd/msgzstd_0.db3"));
        SqliteBags.Describe(file).ShouldBe(SqliteBags.Describe(plain));
        SqliteBags.Describe(message).ShouldBe(SqliteBags.Describe(plain));
    }

    [Fact]
    public async Task Compressed_messages_are_known_by_their_beginning_when_no_metadata_says_so()
    {
        byte[] bytes = await File.ReadAllBytesAsync(TestData.PathOf("generated", "db3/msgzstd/msgzstd_0.db3"), TestContext.Current.CancellationToken);
        var alone = await BagReading.BytesAsync(bytes, "msgzstd_0.db3");
        SqliteBags.Describe(alone).ShouldBe(SqliteBags.Describe(await BagReading.FileAsync(TestData.PathOf("generated", "db3/msgzstd/msgzstd_0.db3"))));
        for (int i = 0; i < 3; i++)
        {
            var public1 = await BagReading.FileAsync(TestData.PathOf("ros2_rosbag2", $"rosbag2_tests/resources/reindex_test_bags/message_compression/message_compression_{i}.db3"));
            public1.Losses.ShouldBeEmpty();
            public1.Messages.ShouldAllBe(message => message.Payload[0] == 0 && message.Payload[1] <= 1);
        }
    }

    [Fact]
    public async Task A_public_bag_of_four_compressed_files_is_one_recording()
    {
        string folder = TestData.PathOf("ros2_rosbag2", "rosbag2_tests/resources/reindex_test_bags/file_compression");
        var whole = await BagReading.FolderAsync(folder);
        whole.Losses.ShouldBeEmpty();
        List<string> parts = [];
        for (int i = 0; i < 4; i++)
        {
            var part = await BagReading.FileAsync(Path.Combine(folder, $"file_compression_{i}.db3.zstd"));
            part.Messages.Count.ShouldBeGreaterThan(0);
            parts.AddRange(SqliteBags.Describe(part));
        }

        SqliteBags.Describe(whole).ShouldBe(parts);
        whole.Channels.Select(channel => channel.Topic).Distinct().Count().ShouldBe(whole.Channels.Count);
        whole.Messages.Select(message => message.LogTimeNs).ShouldBeInOrder();
    }

    private static List<string> Sorted(BagReading.ReadRecording read) => [.. SqliteBags.Describe(read).Order(StringComparer.Ordinal)];
}
