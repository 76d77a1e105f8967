using System.Collections.Concurrent;
using System.Diagnostics;
using System.Globalization;
using Confluent.Kafka;

namespace Mesh.Benchmarks.Broker;

/// <summary>
/// <c>broker FOLDER [--only TEXT] [--seconds N]</c>: the load generator against Mesh's broker and librdkafka's mock cluster in turn, each in a
/// process of its own; then latency and sustained writing against the disk's own figures, measured in the same run.
/// </summary>
internal static class BrokerRuns
{
    private const int InFlight = 5;

    public static async Task<int> RunAsync(string[] args)
    {
        if (args.Length == 0)
        {
            await Console.Error.WriteLineAsync("usage: broker FOLDER [--only produce|consume|latency|fsync|sustained] [--seconds N]");
            return 2;
        }

        string only = Option(args, "--only", "");
        double seconds = double.Parse(Option(args, "--seconds", "2"), CultureInfo.InvariantCulture);
        string folder = Path.GetFullPath(args[0]);
        if (Wants("produce")) await ProduceAsync(folder, seconds);
        if (Wants("consume")) await ConsumeAsync(folder, seconds);
        if (Wants("latency")) await LatencyAsync(folder, "pageCache", rate: 10_000, seconds: Math.Max(10, seconds));
        if (Wants("fsync")) await FsyncAsync(folder, Math.Max(10, seconds));
        if (Wants("sustained")) await SustainedAsync(folder);
        return 0;

        bool Wants(string name) => only.Length == 0 || only.Split(',').Contains(name);
    }

    private static async Task ProduceAsync(string folder, double seconds)
    {
        ProduceScenario[] scenarios =
        [
            .. from size in new[] { 100, 1024, 100 << 10 }
               from partitions in new[] { 1, 8, 100 }
               from mode in new[] { (Acks: (short)1, Idempotent: false), (Acks: (short)-1, Idempotent: false), (Acks: (short)-1, Idempotent: true) }
               select new ProduceScenario(size, partitions, mode.Acks, mode.Idempotent),
        ];
        Report($"| produce | mesh msg/s | mesh MB/s | mock msg/s | mock MB/s | mesh / mock | mesh CPU s/GB |");
        Report($"|---|---:|---:|---:|---:|---:|---:|");
        await using var mock = await BrokerUnderTest.StartAsync("mock", folder);
        foreach (var scenario in scenarios)
        {
            string data = Path.Combine(folder, "data");
            var ours = default(Throughput);
            var cpu = TimeSpan.Zero;
            await using (var mesh = await BrokerUnderTest.StartAsync("mesh", data))
            {
                await mesh.CreateTopicAsync("warm", scenario.Partitions);
                Produce(mesh, "warm", scenario, 0.3);
                await mesh.CreateTopicAsync("load", scenario.Partitions);
                var before = mesh.ProcessorTime;
                ours = Produce(mesh, "load", scenario, seconds);
                cpu = mesh.ProcessorTime - before;
            }

            Directory.Delete(data, recursive: true);
            string topic = $"load{Array.IndexOf(scenarios, scenario)}";
            await mock.CreateTopicAsync(topic, scenario.Partitions);
            Produce(mock, topic, scenario, 0.3);
            var theirs = Produce(mock, topic, scenario, seconds);
            Report($"| {scenario} | {ours.RecordsPerSecond:N0} | {ours.MegabytesPerSecond:N0} | {theirs.RecordsPerSecond:N0} | {theirs.MegabytesPerSecond:N0} | {ours.MegabytesPerSecond / theirs.MegabytesPerSecond:0.00} | {cpu.TotalSeconds / (ours.Bytes / 1e9):0.00} |");
        }
    }

    private static async Task ConsumeAsync(string folder, double seconds)
    {
        Report($"| consume, over and over | mesh msg/s | mesh MB/s | mock msg/s | mock MB/s | mesh / mock |");
        Report($"|---|---:|---:|---:|---:|---:|");
        await using var mock = await BrokerUnderTest.StartAsync("mock", folder);
        string data = Path.Combine(folder, "data");
        await using (var mesh = await BrokerUnderTest.StartAsync("mesh", data))
        {
            foreach (int size in new[] { 100, 1024, 100 << 10 })
            {
                foreach (int partitions in new[] { 1, 8, 100 })
                {
                    // The mock keeps 5 MiB of each partition.
                    var scenario = new ProduceScenario(size, partitions, 1, false);
                    string topic = $"read-{size}-{partitions}";
                    var ours = await ConsumeAsync(mesh, topic, scenario, seconds);
                    var theirs = await ConsumeAsync(mock, topic, scenario, seconds);
                    Report($"| {size} B, {partitions} partitions | {ours.RecordsPerSecond:N0} | {ours.MegabytesPerSecond:N0} | {theirs.RecordsPerSecond:N0} | {theirs.MegabytesPerSecond:N0} | {ours.MegabytesPerSecond / theirs.MegabytesPerSecond:0.00} |");
                }
            }

            Report($"memory of mesh at most (VmHWM): {mesh.PeakMemoryMiB} MiB");
        }

        Directory.Delete(data, recursive: true);
    }

    private static Throughput Produce(BrokerUnderTest broker, string topic, ProduceScenario scenario, double seconds, long maxBytes = long.MaxValue)
    {
        using var connection = new LoadConnection(broker);
        byte[] batch = RecordBatch.Create(scenario.ValueBytes, scenario.RecordsPerBatch);
        int[] sequences = new int[scenario.Partitions];
        using var window = new SemaphoreSlim(InFlight);
        using var answers = new BlockingCollection<bool>();
        var failure = default(Exception);
        var receiving = new Thread(() =>
        {
            try
            {
                foreach (bool _ in answers.GetConsumingEnumerable())
                {
                    connection.ReceiveProduced();
                    window.Release();
                }
            }
            catch (Exception e) when (e is IOException or InvalidOperationException or System.Net.Sockets.SocketException)
            {
                failure = e;
                window.Release(InFlight);
            }
        });
        receiving.Start();
        long batches = 0;
        var clock = Stopwatch.StartNew();

        // Every partition gets as many batches as the others.
        while (failure is null && ((clock.Elapsed.TotalSeconds < seconds && batches * batch.Length < maxBytes) || batches % scenario.Partitions != 0))
        {
            window.Wait();
            int partition = (int)(batches++ % scenario.Partitions);
            if (scenario.Idempotent)
            {
                RecordBatch.Number(batch, producerId: 900_000, sequences[partition]);
                sequences[partition] += scenario.RecordsPerBatch;
            }

            connection.SendProduce(topic, partition, scenario.Acks, batch);
            answers.Add(true);
        }

        answers.CompleteAdding();
        receiving.Join();
        if (failure is not null) throw failure;
        return new Throughput(batches * scenario.RecordsPerBatch, batches * batch.Length, clock.Elapsed);
    }

    private static async Task<Throughput> ConsumeAsync(BrokerUnderTest broker, string topic, ProduceScenario scenario, double seconds)
    {
        await broker.CreateTopicAsync(topic, scenario.Partitions);
        var stored = Produce(broker, topic, scenario, 60, maxBytes: 4_000_000L * scenario.Partitions);
        long end = stored.Records / scenario.Partitions;
        using var connection = new LoadConnection(broker);
        long[] offsets = new long[scenario.Partitions];
        long bytes = 0, records = 0;
        var clock = Stopwatch.StartNew();
        while (clock.Elapsed.TotalSeconds < seconds)
        {
            var (taken, count) = connection.Fetch(topic, offsets, 1 << 20);
            bytes += taken;
            records += count;
            for (int p = 0; p < offsets.Length; p++)
            {
                if (offsets[p] >= end) offsets[p] = 0;
            }
        }

        return new Throughput(records, bytes, clock.Elapsed);
    }

    /// <summary>End to end through librdkafka: produced at a fixed rate with acks=all, consumed by another client; 1 KiB values.</summary>
    private static async Task LatencyAsync(string folder, string flush, int rate, double seconds)
    {
        string data = Path.Combine(folder, "data");
        await using (var mesh = await BrokerUnderTest.StartAsync("mesh", data, flush))
        {
            await mesh.CreateTopicAsync("latency", 8);
            var latencies = RunLatency(mesh, rate, seconds);
            Report($"end to end at {rate:N0} messages/s, 1 KiB, acks=all, {flush}: {latencies.Count:N0} messages, p50 {Percentile(latencies, 0.5):0.00} ms, p99 {Percentile(latencies, 0.99):0.00} ms, p99.9 {Percentile(latencies, 0.999):0.00} ms, most {latencies[^1]:0.00} ms; memory at most {mesh.PeakMemoryMiB} MiB");
        }

        Directory.Delete(data, recursive: true);
    }

    private static List<double> RunLatency(BrokerUnderTest broker, int rate, double seconds)
    {
        var latencies = new List<double>();
        long wanted = (long)(rate * seconds);
        using var ready = new ManualResetEventSlim();
        var consuming = new Thread(() =>
        {
            using var consumer = new ConsumerBuilder<Ignore, byte[]>(new ConsumerConfig { BootstrapServers = broker.Bootstrap, GroupId = "latency", FetchWaitMaxMs = 500 }).Build();
            consumer.Assign(Enumerable.Range(0, 8).Select(p => new TopicPartitionOffset("latency", p, 0)));
            consumer.Consume(TimeSpan.FromMilliseconds(500));
            ready.Set();
            while (latencies.Count < wanted && consumer.Consume(TimeSpan.FromSeconds(5)) is { } record)
            {
                latencies.Add(Stopwatch.GetElapsedTime(BitConverter.ToInt64(record.Message.Value)).TotalMilliseconds);
            }
        });
        consuming.Start();
        ready.Wait();
        using (var producer = new ProducerBuilder<Null, byte[]>(new ProducerConfig { BootstrapServers = broker.Bootstrap, Acks = Acks.All, LingerMs = 0.5 }).Build())
        {
            var clock = Stopwatch.StartNew();
            for (long sent = 0; sent < wanted;)
            {
                for (long due = Math.Min(wanted, (long)(clock.Elapsed.TotalSeconds * rate)); sent < due; sent++)
                {
                    byte[] value = new byte[1024];
                    BitConverter.TryWriteBytes(value, Stopwatch.GetTimestamp());
                    producer.Produce("latency", new Message<Null, byte[]> { Value = value });
                }

                Thread.Sleep(1);
            }

            producer.Flush(TimeSpan.FromSeconds(30));
        }

        consuming.Join();

        // The first two seconds warm both sides up: the producer takes one to find its broker.
        if (latencies.Count > 4 * rate) latencies.RemoveRange(0, 2 * rate);
        latencies.Sort();
        return latencies;
    }

    /// <summary>One batch at a time with <c>flush=fsync</c>, against fdatasync of as many bytes on the same disk.</summary>
    private static async Task FsyncAsync(string folder, double seconds)
    {
        Directory.CreateDirectory(folder);
        var device = DiskProbe.SynchronisedWrites(Path.Combine(folder, "probe"), 4096, seconds / 2);
        Report($"fdatasync of 4 KiB appended: {device.Count:N0} times, p50 {Percentile(device, 0.5):0.00} ms, p99 {Percentile(device, 0.99):0.00} ms");
        string data = Path.Combine(folder, "data");
        await using (var mesh = await BrokerUnderTest.StartAsync("mesh", data, "fsync"))
        {
            await mesh.CreateTopicAsync("sync", 1);
            using var connection = new LoadConnection(mesh);
            byte[] batch = RecordBatch.Create(1024, 4);
            var latencies = new List<double>();
            var clock = Stopwatch.StartNew();
            while (clock.Elapsed.TotalSeconds < seconds / 2)
            {
                long started = Stopwatch.GetTimestamp();
                connection.SendProduce("sync", 0, -1, batch);
                connection.ReceiveProduced();
                latencies.Add(Stopwatch.GetElapsedTime(started).TotalMilliseconds);
            }

            latencies.RemoveRange(0, latencies.Count / 10);
            latencies.Sort();
            Report($"produce of 4 KiB, flush=fsync: {latencies.Count:N0} times, p50 {Percentile(latencies, 0.5):0.00} ms, p99 {Percentile(latencies, 0.99):0.00} ms; p99 is {Percentile(latencies, 0.99) / Percentile(device, 0.99):0.00} times the device's");
        }

        Directory.Delete(data, recursive: true);
    }

    private static async Task SustainedAsync(string folder)
    {
        const long bytes = 8L << 30;
        Directory.CreateDirectory(folder);
        double disk = DiskProbe.SequentialWrite(Path.Combine(folder, "probe"), bytes);
        string data = Path.Combine(folder, "data");
        double broker;
        await using (var mesh = await BrokerUnderTest.StartAsync("mesh", data))
        {
            await mesh.CreateTopicAsync("sustained", 8);
            var clock = Stopwatch.StartNew();
            Produce(mesh, "sustained", new ProduceScenario(1024, 8, -1, false), 600, bytes);
            DiskProbe.SynchroniseFileSystem(folder);
            broker = bytes / 1e6 / clock.Elapsed.TotalSeconds;
            Report($"{bytes / 1e9:0.0} GB with the final synchronisation: disk alone {disk:N0} MB/s, produced {broker:N0} MB/s, {broker / disk:P0}; memory at most {mesh.PeakMemoryMiB} MiB");
        }

        Directory.Delete(data, recursive: true);
    }

    private static double Percentile(List<double> sorted, double share) => sorted[Math.Min(sorted.Count - 1, (int)(sorted.Count * share))];

    private static string Option(string[] args, string name, string otherwise)
    {
        int at = Array.IndexOf(args, name);
        return at >= 0 && at + 1 < args.Length ? args[at + 1] : otherwise;
    }

    private static void Report(FormattableString line) => Console.WriteLine(FormattableString.Invariant(line));

    private readonly record struct Throughput(long Records, long Bytes, TimeSpan Time)
    {
        public double RecordsPerSecond => Records / Time.TotalSeconds;

        public double MegabytesPerSecond => Bytes / 1e6 / Time.TotalSeconds;
    }
}
