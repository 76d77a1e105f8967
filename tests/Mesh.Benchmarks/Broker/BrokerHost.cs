using System.Globalization;
using Mesh.Broker;
using Microsoft.Extensions.Logging.Abstractions;

namespace Mesh.Benchmarks.Broker;

/// <summary>
/// A broker in a process of its own, Mesh's or the mock: <c>broker-host mesh|mock FOLDER pageCache|fsync</c>. It says its address, makes a
/// topic for each line <c>TOPIC PARTITIONS</c> it is given, answers with the number, and ends with its input.
/// </summary>
internal static class BrokerHost
{
    public static async Task<int> RunAsync(string kind, string folder, string flush)
    {
        MockCluster? mock = null;
        KafkaBroker? broker = null;
        if (kind == "mock")
        {
            mock = new MockCluster();
        }
        else
        {
            var options = new BrokerOptions { DataFolder = folder, Port = 0, Flush = Enum.Parse<FlushPolicy>(flush, ignoreCase: true) };
            broker = await KafkaBroker.StartAsync(options, NullLogger.Instance, TimeProvider.System, CancellationToken.None);
        }

        Console.WriteLine(broker?.Bootstrap ?? mock!.Bootstrap);
        while (await Console.In.ReadLineAsync() is { } line)
        {
            string[] parts = line.Split(' ');
            int partitions = int.Parse(parts[1], CultureInfo.InvariantCulture);
            mock?.CreateTopic(parts[0], partitions);
            if (broker is not null) await CreateAsync(broker.Bootstrap, parts[0], partitions);
            Console.WriteLine(partitions);
        }

        if (broker is not null) await broker.DisposeAsync();
        mock?.Dispose();
        return 0;
    }

    private static async Task CreateAsync(string bootstrap, string topic, int partitions)
    {
        using var admin = new Confluent.Kafka.AdminClientBuilder(new Confluent.Kafka.AdminClientConfig { BootstrapServers = bootstrap }).Build();
        await admin.CreateTopicsAsync([new Confluent.Kafka.Admin.TopicSpecification { Name = topic, NumPartitions = partitions, ReplicationFactor = 1 }]);
    }
}
