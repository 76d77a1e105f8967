using Mesh.Broker.Protocol;
using Mesh.Broker.Tests.Support;

namespace Mesh.Broker.Tests.Apis;

/// <summary>Settings of the broker that clients change while it runs (KIP-226).</summary>
public class BrokerSettingsApiTests
{
    private const sbyte Set = 0;
    private const sbyte Delete = 1;
    private const sbyte Append = 2;
    private const sbyte DynamicSource = 2;
    private const sbyte StaticSource = 4;
    private const sbyte DefaultSource = 5;

    [Fact]
    public async Task What_was_changed_holds_for_topics_that_do_not_say_at_once_and_after_a_restart()
    {
        await using var broker = await TestBroker.StartAsync(options => options with { RetentionBytes = 1 << 30 });
        var store = broker.Broker.State.Topics;
        await store.CreateAsync("says", 1, new Dictionary<string, string> { ["retention.ms"] = "5000", ["max.message.bytes"] = "100" });
        await store.CreateAsync("silent", 1, new Dictionary<string, string>());

        (await IncrementalAsync(broker, "1", (Set, "log.retention.ms", "60000"), (Set, "message.max.bytes", "2000"), (Append, "log.cleanup.policy", "compact"), (Set, "compression.type", "gzip"), (Set, "log.retention.bytes", "7")))
            .ShouldBe((ErrorCode.None, null));

        for (int start = 0; start < 2; start++)
        {
            var says = broker.Broker.State.Topics.FindPartition("says", 0)!.Settings;
            var silent = broker.Broker.State.Topics.FindPartition("silent", 0)!.Settings;
            (says.Retention, says.MaxMessageBytes, says.Compact, says.Codec).ShouldBe((TimeSpan.FromSeconds(5), 100, true, 1));
            (silent.Retention, silent.MaxMessageBytes, silent.Compact, silent.Delete, silent.RetentionBytes).ShouldBe((TimeSpan.FromMinutes(1), 2_000, true, true, 7));
            var shown = await DescribeAsync(broker, 4, "1");
            shown["log.retention.ms"].ShouldBe(("60000", DynamicSource, false));
            shown["log.cleanup.policy"].ShouldBe(("delete,compact", DynamicSource, false));
            shown["log.segment.bytes"].Source.ShouldBe(DefaultSource);
            shown["node.id"].ShouldBe(("1", StaticSource, true));
            (await DescribeAsync(broker, 4, "")).Keys.ShouldBe(["log.retention.ms", "message.max.bytes", "log.cleanup.policy", "compression.type", "log.retention.bytes"], ignoreOrder: true);
            (await DescribeAsync(broker, 2, "silent"))["retention.ms"].ShouldBe(("60000", DynamicSource, false));
            await broker.RestartAsync();
        }

        // What the broker was started with comes back.
        (await IncrementalAsync(broker, "", (Delete, "log.retention.bytes", null), (Delete, "log.cleanup.policy", null))).Error.ShouldBe(ErrorCode.None);
        broker.Broker.State.Topics.FindPartition("silent", 0)!.Settings.RetentionBytes.ShouldBe(1 << 30);
        (await DescribeAsync(broker, 4, "1"))["log.retention.bytes"].ShouldBe(("1073741824", StaticSource, false));

        // AlterConfigs replaces everything.
        (await ReplaceAsync(broker, "1", ("num.partitions", "3"))).ShouldBe(ErrorCode.None);
        (await DescribeAsync(broker, 4, "")).Keys.ShouldBe(["num.partitions"]);
        broker.Broker.State.Topics.FindPartition("silent", 0)!.Settings.Codec.ShouldBeNull();
    }

    [Fact]
    public async Task The_brokers_own_settings_have_their_effect_at_once()
    {
        await using var broker = await TestBroker.StartAsync();
        (await IncrementalAsync(broker, "1", (Set, "auto.create.topics.enable", "false"), (Set, "num.partitions", "4"), (Set, "max.connections", "7"), (Set, "connections.max.idle.ms", "5000"))).Error.ShouldBe(ErrorCode.None);

        var options = broker.Broker.State.Options;
        (options.AutoCreateTopics, options.DefaultPartitions, options.MaxConnections, options.IdleTimeout).ShouldBe((false, 4, 7, TimeSpan.FromSeconds(5)));
        (await AutoCreateAsync(broker, "a")).ShouldBe(ErrorCode.UnknownTopicOrPartition);
        (await IncrementalAsync(broker, "1", (Delete, "auto.create.topics.enable", null))).Error.ShouldBe(ErrorCode.None);
        (await AutoCreateAsync(broker, "a")).ShouldBe(ErrorCode.None);
        broker.Broker.State.Topics.Find("a")!.Partitions.Count.ShouldBe(4);
    }

    [Theory]
    [InlineData("1", "listeners", "PLAINTEXT://:1", ErrorCode.InvalidConfig, "'listeners' cannot be changed while the broker runs. These can: auto.create.topics.enable, background.threads,")]
    [InlineData("1", "log.retention.ms", "soon", ErrorCode.InvalidConfig, "'soon' is no value for log.retention.ms; expected a whole number of at least -1.")]
    [InlineData("1", "max.connections", "0", ErrorCode.InvalidConfig, "'0' is no value for max.connections; expected a whole number from 1 to 2147483647.")]
    [InlineData("1", "message.max.bytes", "16777217", ErrorCode.InvalidConfig, "message.max.bytes can only be lowered while the broker runs; it was started with 16777216.")]
    [InlineData("2", "log.retention.ms", "1", ErrorCode.InvalidRequest, "Unexpected broker id, expected 1 or empty string, but received '2'.")]
    internal async Task What_cannot_be_changed_is_refused_with_what_can(string name, string setting, string value, ErrorCode error, string message)
    {
        await using var broker = await TestBroker.StartAsync();

        var answer = await IncrementalAsync(broker, name, (Set, setting, value));

        answer.Error.ShouldBe(error);
        answer.Message!.ShouldStartWith(message);
        (await DescribeAsync(broker, 4, "")).ShouldBeEmpty();
        File.Exists(Path.Combine(broker.DataFolder, "broker-settings.json")).ShouldBeFalse();
    }

    private static async Task<(ErrorCode Error, string? Message)> IncrementalAsync(TestBroker broker, string name, params (sbyte Operation, string Name, string? Value)[] changes)
    {
        var answer = await Asking.AskAsync(broker, "anybody", ApiKey.IncrementalAlterConfigs, 0, writer =>
        {
            writer.ArrayLength(1);
            writer.Int8(4);
            writer.String(name);
            writer.Array(changes, static (inner, change) =>
            {
                inner.String(change.Name);
                inner.Int8(change.Operation);
                inner.NullableString(change.Value);
            });
            writer.Boolean(false);
        });
        answer.Int32();
        return answer.Array(static resource => ((ErrorCode)resource.Int16(), resource.NullableString(), resource.Int8(), resource.String())).Select(each => (each.Item1, each.Item2)).Single();
    }

    private static async Task<ErrorCode> ReplaceAsync(TestBroker broker, string name, params (string Name, string Value)[] settings)
    {
        var answer = await Asking.AskAsync(broker, "anybody", ApiKey.AlterConfigs, 0, writer =>
        {
            writer.ArrayLength(1);
            writer.Int8(4);
            writer.String(name);
            writer.Array(settings, static (inner, setting) =>
            {
                inner.String(setting.Name);
                inner.NullableString(setting.Value);
            });
            writer.Boolean(false);
        });
        answer.Int32();
        return answer.Array(static resource => ((ErrorCode)resource.Int16(), resource.NullableString(), resource.Int8(), resource.String()).Item1).Single();
    }

    private static async Task<Dictionary<string, (string? Value, sbyte Source, bool ReadOnly)>> DescribeAsync(TestBroker broker, sbyte type, string name)
    {
        var answer = await Asking.AskAsync(broker, "anybody", ApiKey.DescribeConfigs, 1, writer =>
        {
            writer.ArrayLength(1);
            writer.Int8(type);
            writer.String(name);
            writer.NullArray();
            writer.Boolean(false);
        });
        answer.Int32();
        return answer.Array(static resource =>
        {
            resource.Int16();
            resource.NullableString();
            resource.Int8();
            resource.String();
            return resource.Array(static entry =>
            {
                string key = entry.String();
                string? value = entry.NullableString();
                bool readOnly = entry.Boolean();
                sbyte source = entry.Int8();
                entry.Boolean();
                entry.Array(static synonym => (synonym.String(), synonym.NullableString(), synonym.Int8()));
                return (key, (value, source, readOnly));
            });
        }).Single().ToDictionary(pair => pair.key, pair => pair.Item2);
    }

    private static async Task<ErrorCode> AutoCreateAsync(TestBroker broker, string topic)
    {
        var answer = await Asking.AskAsync(broker, "anybody", ApiKey.Metadata, 4, writer =>
        {
            writer.Array([topic], static (inner, name) => inner.String(name));
            writer.Boolean(true);
        });
        answer.Int32();
        answer.Array(static node => (node.Int32(), node.String(), node.Int32(), node.NullableString()));
        answer.NullableString();
        answer.Int32();
        return answer.Array(static each =>
        {
            var error = (ErrorCode)each.Int16();
            each.String();
            each.Boolean();
            each.Array(static partition =>
            {
                partition.Int16();
                partition.Int32();
                partition.Int32();
                partition.Array(static replica => replica.Int32());
                partition.Array(static replica => replica.Int32());
                return 0;
            });
            return error;
        }).Single();
    }
}
