using Mesh.Kafka.Events;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Kafka.Tests;

/// <summary>What the tests of producer and consumer have in common.</summary>
internal static class Readers
{
    public static EventConsumer<UploadAccepted> Reader(MockKafka kafka, string group) =>
        new(kafka.Options, Topics.Uploads, group, NullLogger.Instance);

    public static UploadAccepted Upload(int number) => new() { VehicleId = "V1", SizeBytes = number };

    public static async Task<ConsumedEvent<T>> FirstAsync<T>(EventConsumer<T> consumer)
        where T : class, Google.Protobuf.IMessage<T>, new()
    {
        await foreach (var consumed in consumer.ReadAsync(TestContext.Current.CancellationToken)) return consumed;
        throw new InvalidOperationException("Reading ended.");
    }
}
