using Mesh.Broker.Protocol;
using Mesh.Broker.Storage;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Broker.Tests.Storage;

public class TopicSettingsTests
{
    [Fact]
    public void Every_default_is_a_valid_value_and_every_setting_says_what_it_does()
    {
        foreach (var setting in TopicSettings.All)
        {
            TopicSettings.Validate(setting.Name, setting.Default).ShouldBeNull();
            setting.Documentation.ShouldEndWith(".");
        }

        TopicSettings.All.Select(setting => setting.Name).ShouldBeUnique();
    }

    [Theory]
    [InlineData("retention.ms", "-2", "'-2' is no value for retention.ms; expected a whole number of at least -1.")]
    [InlineData("retention.ms", "1e3", "'1e3' is no value for retention.ms; expected a whole number of at least -1.")]
    [InlineData("segment.bytes", "1023", "'1023' is no value for segment.bytes; expected a whole number from 1024 to 2147483647.")]
    [InlineData("cleanup.policy", "compact,shred", "'compact,shred' is no value for cleanup.policy; expected a list of delete, compact.")]
    [InlineData("cleanup.policy", "", "'' is no value for cleanup.policy; expected a list of delete, compact.")]
    [InlineData("min.cleanable.dirty.ratio", "1.5", "'1.5' is no value for min.cleanable.dirty.ratio; expected a number from 0 to 1.")]
    [InlineData("compression.type", "brotli", "'brotli' is no value for compression.type; expected producer or uncompressed or gzip or snappy or lz4 or zstd.")]
    [InlineData("flush.ms", "5", "'5' is no value for flush.ms; expected a whole number of at least 30000.")]
    [InlineData("retention.days", "1", "There is no topic setting 'retention.days'.")]
    public void A_wrong_value_is_named_with_what_would_be_right(string key, string value, string error) =>
        TopicSettings.Validate(key, value).ShouldBe(error);

    [Fact]
    public async Task Altered_settings_reach_the_logs_in_use_and_survive_a_restart()
    {
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"] };
        await using (var store = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance))
        {
            var (_, topic) = await store.CreateAsync("t", 1, new Dictionary<string, string> { ["segment.bytes"] = "4096" });
            topic!.Partitions[0].Settings.SegmentBytes.ShouldBe(4096);

            (await store.AlterSettingsAsync("t", Settings("cleanup.policy", "compact, delete"))).ShouldBe(ErrorCode.None);
            topic.Partitions[0].Settings.Compact.ShouldBeTrue();
            topic.Partitions[0].Settings.SegmentBytes.ShouldBe(options.SegmentBytes);
            (await store.AlterSettingsAsync("t", Settings("cleanup.policy", "none"))).ShouldBe(ErrorCode.InvalidConfig);
            (await store.AlterSettingsAsync("absent", Settings("cleanup.policy", "compact"))).ShouldBe(ErrorCode.UnknownTopicOrPartition);
            (await store.CreateAsync("u", 1, Settings("cleanup", "compact"))).Error.ShouldBe(ErrorCode.InvalidConfig);
        }

        await using var again = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance);
        again.Find("t")!.Settings.ShouldBe(Settings("cleanup.policy", "compact, delete"));
        again.FindPartition("t", 0)!.Settings.Compact.ShouldBeTrue();
        again.FindPartition("t", 0)!.Settings.Delete.ShouldBeTrue();
    }

    [Fact]
    public async Task Partitions_are_added_never_taken_and_survive_a_restart()
    {
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"], MaxPartitions = 5 };
        await using (var store = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance))
        {
            await store.CreateAsync("t", 2, Settings("segment.bytes", "4096"));
            (await store.AddPartitionsAsync("t", 4)).ShouldBe(ErrorCode.None);
            (await store.AddPartitionsAsync("t", 4)).ShouldBe(ErrorCode.InvalidPartitions);
            (await store.AddPartitionsAsync("t", 1)).ShouldBe(ErrorCode.InvalidPartitions);
            (await store.AddPartitionsAsync("t", 6)).ShouldBe(ErrorCode.InvalidPartitions);
            store.FindPartition("t", 3)!.Settings.SegmentBytes.ShouldBe(4096);
        }

        await using var again = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance);
        again.Find("t")!.Partitions.Count.ShouldBe(4);
    }

    [Fact]
    public async Task Partitions_and_topics_whose_creation_does_not_reach_the_disk_leave_nothing_open()
    {
        Assert.SkipUnless(OperatingSystem.IsLinux(), "needs /proc/self/fd: Linux");
        using var folder = new TemporaryFolder();
        var options = new BrokerOptions { DataFolder = folder["broker"] };
        await using var store = await TopicStore.OpenAsync(options, TimeProvider.System, NullLogger.Instance);
        await store.CreateAsync("t", 2, new Dictionary<string, string>());
        int before = Open(folder["broker"]);
        Directory.CreateDirectory(folder["broker", "topics.json.tmp"]);

        (await store.AddPartitionsAsync("t", 9)).ShouldBe(ErrorCode.KafkaStorageError);
        (await store.CreateAsync("u", 9, new Dictionary<string, string>())).Error.ShouldBe(ErrorCode.KafkaStorageError);
        Open(folder["broker"]).ShouldBe(before);
        store.Find("t")!.Partitions.Count.ShouldBe(2);
        store.Find("u").ShouldBeNull();

        Directory.Delete(folder["broker", "topics.json.tmp"]);
        (await store.AddPartitionsAsync("t", 9)).ShouldBe(ErrorCode.None);
        Open(folder["broker"]).ShouldBe(before + 7);

        static int Open(string below) => Directory.GetFiles("/proc/self/fd").Count(link => TargetOf(link).StartsWith(below, StringComparison.Ordinal));

        static string TargetOf(string link)
        {
            try
            {
                return File.ResolveLinkTarget(link, returnFinalTarget: false)?.FullName ?? "";
            }
            catch (FileNotFoundException)
            {
                // Another test closed it since the folder was listed.
                return "";
            }
        }
    }

    private static Dictionary<string, string> Settings(string key, string value) => new() { [key] = value };
}
