using System.Buffers.Binary;
using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using Mesh.Broker;
using Mesh.Broker.Access;
using Mesh.Broker.Apis;
using Mesh.Broker.Network;
using Mesh.Broker.Protocol;
using Microsoft.Extensions.Logging;

namespace Mesh.Fuzz.Targets;

/// <summary>
/// Requests to the embedded broker, every one in every version. They go to the handlers as the network would hand them over; now and then
/// the broker must answer a sound client, and come up again with all that it held.
/// </summary>
public sealed class KafkaTarget : FuzzTarget
{
    private const int CheckInterval = 1_000;
    private const int RestartInterval = 10_000;

    private readonly ErrorCollector errors = new();
    private string folder = "";
    private KafkaBroker broker = null!;
    private int inputs;

    /// <inheritdoc/>
    public override string Name => "kafka";

    /// <inheritdoc/>
    public override async Task<IReadOnlyList<FuzzSample>> LoadAsync(CancellationToken cancellationToken)
    {
        var made = Directory.CreateTempSubdirectory("mesh-fuzz-kafka-");
        AppDomain.CurrentDomain.ProcessExit += (_, _) => made.Delete(recursive: true);
        folder = made.FullName;
        await StartAsync(cancellationToken);

        // A sound request is read to its end, in each version: otherwise the mutations would attack a form that no client sends.
        List<FuzzSample> samples = [];
        foreach (var api in broker.State.Apis.All)
        {
            for (short version = api.MinVersion; version <= api.MaxVersion; version++)
            {
                for (int i = 0; i < 20; i++)
                {
                    byte[] request = KafkaGrammar.Make(api, version, new Random(i));
                    if (await AnswerAsync(request, new Random(i)) is { } left && left != 0) throw new FuzzException($"{api.Key} version {version}: {left} bytes were not read");
                    samples.Add(new FuzzSample($"{api.Key}-{version}", request));
                }
            }
        }

        return samples;
    }

    /// <inheritdoc/>
    public override ValueTask<FuzzSample> MutateAsync(IReadOnlyList<FuzzSample> samples, Random random, CancellationToken cancellationToken)
    {
        var sample = samples[random.Next(samples.Count)];
        byte[] bytes = [.. sample.Bytes];
        switch (random.Next(4))
        {
            case 0:
                break;
            case 1:
                // The body alone: with another key it would be another request's.
                int headerBytes = Math.Min(14, bytes.Length);
                bytes = [.. bytes[..headerBytes], .. Mutator.Mutate(bytes[headerBytes..], samples[random.Next(samples.Count)].Bytes, random)];
                break;
            case 2:
                bytes = Mutator.Mutate(bytes, samples[random.Next(samples.Count)].Bytes, random);
                break;
            default:
                for (int i = random.Next(1, 5); i > 0; i--) bytes[random.Next(Math.Min(8, bytes.Length - 1), bytes.Length)] = random.Next(2) == 0 ? (byte)random.Next(256) : (byte)0xff;
                break;
        }

        return new(sample with { Bytes = bytes });
    }

    /// <inheritdoc/>
    public override async Task<bool> RunAsync(FuzzSample input, Random random, CancellationToken cancellationToken)
    {
        int? left = await AnswerAsync(input.Bytes, random);
        if (errors.TryTake(out string? error)) throw new FuzzException($"the broker logged an error: {error}");
        if (broker.State.Memory.UsedBytes != 0) throw new FuzzException($"memory of the budget was not given back: {broker.State.Memory.UsedBytes} bytes");
        inputs++;
        if (inputs % CheckInterval == 0)
        {
            await CheckAnswersAsync(cancellationToken);
            await RestoreAsync();
        }

        if (inputs % RestartInterval == 0) await RestartAsync(cancellationToken);
        return left is not null;
    }

    private async Task StartAsync(CancellationToken cancellationToken)
    {
        broker = await KafkaBroker.StartAsync(
            new BrokerOptions
            {
                DataFolder = Path.Combine(folder, "broker"),
                Port = 0,
                MaxPartitions = 60,
                MaxBufferedBytes = 64 << 20,
                InitialRebalanceDelay = TimeSpan.FromMilliseconds(1),
                Users = new Dictionary<string, string> { ["alice"] = "secret" },
                SuperUsers = ["root"],
                FailedAuthenticationDelay = TimeSpan.Zero,
            },
            errors, TimeProvider.System, cancellationToken);
        await RestoreAsync();
    }

    /// <summary>Brings back what most requests are about: some delete it or close it.</summary>
    private async Task RestoreAsync()
    {
        await broker.State.Acls.RemoveAsync([new AclFilter(AclResourceType.Any, null, AclPatternType.Any, null, null, AclOperation.Any, AclPermission.Any)]);
        if (broker.State.Topics.Find("t") is null) await broker.State.Topics.CreateAsync("t", 2, new Dictionary<string, string>());
    }

    /// <returns>Bytes that were not read; null when it was refused.</returns>
    private async Task<int?> AnswerAsync(byte[] bytes, Random random)
    {
        var state = broker.State;
        byte[] request = [.. bytes];
        var principal = new Principal(random.Next(4) == 0 ? "alice" : "root", "10.0.0.1");
        var authentication = new Authentication(state.Users, principal);
        try
        {
            var reader = new ProtocolReader(request);
            short key = reader.Int16();
            short version = reader.Int16();
            reader.Int32();
            reader.ClassicNullableString();
            if (state.Apis.Find(key) is not { } api || version < api.MinVersion || version > api.MaxVersion) return null;
            if (api.Key == ApiKey.SaslAuthenticate) authentication.Begin((SaslMechanism)random.Next(3), framed: true);
            using var response = new ProtocolWriter(state.Memory) { Flexible = version >= api.FlexibleFrom };
            reader.Flexible = response.Flexible;
            reader.Tags();
            var context = new RequestContext(version, "fuzz", principal, authentication, request, new CancellationToken(canceled: true));
            await api.HandleAsync(context, reader, response);
            return reader.Remaining;
        }
        catch (Exception e) when (e is ProtocolException or OperationCanceledException)
        {
            return e is ProtocolException ? null : 0;
        }
    }

    private async Task CheckAnswersAsync(CancellationToken cancellationToken)
    {
        using var client = new TcpClient();
        await client.ConnectAsync(IPAddress.Loopback, broker.Port, cancellationToken);
        var stream = client.GetStream();
        byte[] request = KafkaGrammar.Make(broker.State.Apis.Find((short)ApiKey.ApiVersions)!, 0, new Random(0));
        byte[] length = new byte[4];
        BinaryPrimitives.WriteInt32BigEndian(length, request.Length);
        await stream.WriteAsync((byte[])[.. length, .. request], cancellationToken);
        await stream.ReadExactlyAsync(length, cancellationToken);
    }

    private async Task RestartAsync(CancellationToken cancellationToken)
    {
        var before = Offsets();
        await broker.StopAsync();
        await StartAsync(cancellationToken);
        if (errors.TryTake(out string? error)) throw new FuzzException($"the broker logged an error: {error}");
        foreach (var (partition, offsets) in before)
        {
            if (!Offsets().TryGetValue(partition, out var now) || now.End != offsets.End || now.Start < offsets.Start) throw new FuzzException($"the log changed in a restart: {partition}");
        }
    }

    private Dictionary<string, (long Start, long End)> Offsets() => broker.Describe().Topics
        .SelectMany(topic => topic.Partitions.Select(partition => (Name: $"{topic.Name}-{partition.Partition}", Offsets: (partition.StartOffset, partition.EndOffset))))
        .ToDictionary(partition => partition.Name, partition => partition.Offsets);

    /// <summary>Keeps what the broker logs as an error: lost data, a request that failed.</summary>
    private sealed class ErrorCollector : ILogger
    {
        private readonly ConcurrentQueue<string> logged = [];

        public bool TryTake([System.Diagnostics.CodeAnalysis.NotNullWhen(true)] out string? error) => logged.TryDequeue(out error);

        public IDisposable? BeginScope<TState>(TState state)
            where TState : notnull => null;

        public bool IsEnabled(LogLevel logLevel) => logLevel >= LogLevel.Error;

        public void Log<TState>(LogLevel logLevel, EventId eventId, TState state, Exception? exception, Func<TState, Exception?, string> formatter)
        {
            if (IsEnabled(logLevel)) logged.Enqueue($"{formatter(state, exception)} {exception}");
        }
    }
}
