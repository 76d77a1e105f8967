using Confluent.Kafka;
using Confluent.Kafka.Admin;
using Mesh.BrokerWorkload;
using Mesh.Broker;
using Microsoft.Extensions.Logging.Abstractions;

// One client (or one step) of the checker's run. It ends when its input ends, or when something kills it.
using var stopping = new CancellationTokenSource();
var input = new Thread(() =>
{
    while (Console.In.ReadLine() is not null) { }
    stopping.Cancel();
}) { IsBackground = true };
input.Start();

string bootstrap = args[1];
switch (args)
{
    case ["broker", var folder, var port, var flush]:
        await using (var broker = await KafkaBroker.StartAsync(new BrokerOptions { DataFolder = folder, Port = int.Parse(port, System.Globalization.CultureInfo.InvariantCulture), Flush = Enum.Parse<FlushPolicy>(flush) }, NullLogger.Instance, TimeProvider.System, stopping.Token))
        {
            Console.WriteLine($"kafka  {broker.Bootstrap}");
            stopping.Token.WaitHandle.WaitOne();
        }

        return 0;
    case ["setup", ..]:
        using (var admin = new AdminClientBuilder(Workload.Common(new AdminClientConfig(), bootstrap)).Build())
        {
            await admin.CreateTopicsAsync(new[] { Workload.Input, Workload.Output }.Select(name => new TopicSpecification { Name = name, NumPartitions = Workload.Partitions, ReplicationFactor = 1 }));
        }

        return 0;
    case ["mark", ..]:
        return PlainProducer.Mark(bootstrap);
    case ["produce", _, var name, var manner]:
        return new PlainProducer(bootstrap, name, manner == "idempotent").Run(stopping.Token);
    case ["transact", _, var name, var transactionalId]:
        return new TransactionalProducer(bootstrap, name, transactionalId).Run(stopping.Token);
    case ["copy", _, var name, var transactionalId]:
        return new Copier(bootstrap, name, transactionalId).Run(stopping.Token);
    case ["consume", _, var isolation]:
        return Reader.Follow(bootstrap, isolation, stopping.Token);
    case ["group", ..]:
        return GroupReader.Run(bootstrap, stopping.Token);
    case ["read", _, var isolation]:
        return Reader.ToEnd(bootstrap, isolation);
    case ["watch", ..]:
        return Watcher.Run(bootstrap, stopping.Token);
    default:
        Console.Error.WriteLine($"unknown role: {string.Join(' ', args)}");
        return 2;
}
