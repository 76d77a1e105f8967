using System.Text.Json;
using Confluent.Kafka;
using Confluent.Kafka.Admin;

namespace Mesh.Broker.Tests.Conformance;

internal sealed partial class ConfluentClient
{
    private async Task<object?> AdministerAsync(JsonElement c)
    {
        string topic = c.TryGetProperty("topic", out var given) ? given.GetString()! : "";
        switch (c.GetProperty("do").GetString())
        {
            case "createTopic":
                await admin.CreateTopicsAsync([new TopicSpecification { Name = topic, NumPartitions = c.GetProperty("partitions").GetInt32(), ReplicationFactor = 1, Configs = Configs(c) }]);
                return null;
            case "deleteTopic":
                await admin.DeleteTopicsAsync([topic]);
                return null;
            case "createPartitions":
                await admin.CreatePartitionsAsync([new PartitionsSpecification { Topic = topic, IncreaseTo = c.GetProperty("total").GetInt32() }]);
                return null;
            case "describeConfigs":
                var described = await admin.DescribeConfigsAsync([new ConfigResource { Type = ResourceType.Topic, Name = topic }]);
                return new { configs = described.Single().Entries.ToDictionary(entry => entry.Key, entry => entry.Value.Value) };
            case "alterConfigs":
                var entries = Configs(c)!.Select(entry => new ConfigEntry { Name = entry.Key, Value = entry.Value }).ToList();
                await admin.AlterConfigsAsync(new() { [new ConfigResource { Type = ResourceType.Topic, Name = topic }] = entries });
                return null;
            case "deleteRecords":
                await admin.DeleteRecordsAsync([new TopicPartitionOffset(topic, c.GetProperty("partition").GetInt32(), c.GetProperty("before").GetInt64())]);
                return null;
            case "deleteGroup":
                await admin.DeleteGroupsAsync([c.GetProperty("group").GetString()!]);
                return null;
            case "alterOffsets":
                var offset = new TopicPartitionOffset(topic, c.GetProperty("partition").GetInt32(), c.GetProperty("offset").GetInt64());
                await admin.AlterConsumerGroupOffsetsAsync([new ConsumerGroupTopicPartitionOffsets(c.GetProperty("group").GetString()!, [offset])]);
                return null;
            default:
                throw new ForeignClientException($"the client has no {c.GetProperty("do")}");
        }
    }

    private static Dictionary<string, string>? Configs(JsonElement c) =>
        c.TryGetProperty("configs", out var given) && given.ValueKind == JsonValueKind.Object ? given.EnumerateObject().ToDictionary(each => each.Name, each => each.Value.GetString()!) : null;

    /// <summary>Admin calls answer for each resource.</summary>
    private static string Details(KafkaException exception) => exception switch
    {
        CreateTopicsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        DeleteTopicsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        CreatePartitionsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        AlterConfigsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        DeleteRecordsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        DeleteGroupsException of => string.Join(", ", of.Results.Select(result => result.Error)),
        _ => "",
    };
}
