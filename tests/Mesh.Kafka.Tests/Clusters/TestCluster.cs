using Mesh.Model;
using Mesh.Testing;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests.Clusters;

/// <summary>A cluster for the time of one test; the topics made through it are deleted at the end.</summary>
public sealed class TestCluster(KafkaOptions options, params IAsyncDisposable[] parts) : IAsyncDisposable
{
    private readonly List<string> topics = [];

    public KafkaOptions Options => options;

    /// <summary>A name that nobody else has.</summary>
    public string NewName(string kind) => $"mesh-test.{kind}.{Guid.NewGuid():N}";

    public async Task<string> CreateTopicAsync(TopicAdmin admin, int partitions, params (string Name, string Value)[] settings)
    {
        string topic = NewName("topic");
        await admin.CreateAsync(topic, partitions, null, settings.ToDictionary(setting => setting.Name, setting => setting.Value), TestContext.Current.CancellationToken);
        topics.Add(topic);
        // On a cluster of several brokers not all know a new topic at once.
        await Eventually.TrueAsync(async () => (await admin.ListAsync(TestContext.Current.CancellationToken)).ContainsKey(topic), TestContext.Current.CancellationToken);
        return topic;
    }

    public async ValueTask DisposeAsync()
    {
        if (topics.Count > 0)
        {
            await using var admin = new TopicAdmin(options, NullLogger.Instance);
            foreach (string topic in topics)
            {
                try
                {
                    await admin.DeleteAsync(topic, CancellationToken.None);
                }
                catch (MeshException)
                {
                    // The test has deleted it itself.
                }
            }
        }

        foreach (var part in parts) await part.DisposeAsync();
    }
}
