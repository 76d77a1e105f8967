using System.Diagnostics;
using System.Globalization;
using System.Text;
using System.Text.Json;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>kcat, a process for each command. Its keys and values are text without tabs and line ends.</summary>
internal sealed class KcatClient(string program, string bootstrap) : IForeignClient
{
    private static readonly UTF8Encoding Utf8 = new(false);
    private readonly Dictionary<string, List<string>> members = [];

    public async Task<JsonElement> AskAsync(object command, CancellationToken cancellationToken)
    {
        var c = JsonSerializer.SerializeToElement(command);
        string topic = c.TryGetProperty("topic", out var given) ? given.GetString()! : "";
        string Text(string name) => c.GetProperty(name).GetString()!;
        return JsonSerializer.SerializeToElement(Text("do") switch
        {
            "produce" => await ProduceAsync(topic, c),
            "consume" => await ConsumeAsync(topic, c),
            "offsetForTime" => await OffsetForTimeAsync(topic, c.GetProperty("partition").GetInt32(), c.GetProperty("timestamp").GetInt64()),
            "join" => await JoinAsync(topic, Text("group"), Text("member")),
            "state" => new { assigned = Array.Empty<int>(), values = members[Text("member")] },
            "commit" or "leave" => new { },
            "committed" => await CommittedAsync(topic, Text("group")),
            _ => throw new ForeignClientException($"kcat has no {Text("do")}"),
        });
    }

    private async Task<object> ProduceAsync(string topic, JsonElement c)
    {
        string compression = c.TryGetProperty("compression", out var named) ? named.GetString()! : "none";
        bool isIdempotent = c.TryGetProperty("idempotent", out var wanted) && wanted.GetBoolean();
        foreach (var partition in ForeignRecord.From(c).GroupBy(record => record.Partition))
        {
            string lines = string.Join('\n', partition.Select(record => $"{(record.Key is null ? "" : Utf8.GetString(record.Key))}\t{record.Text}"));
            await RunAsync(lines, "-P", "-b", bootstrap, "-t", topic, "-p", partition.Key.ToString(CultureInfo.InvariantCulture), "-z", compression, "-K", "\t", "-Z",
                "-X", "message.max.bytes=100000000", "-X", "acks=all", "-X", "message.timeout.ms=20000", "-X", $"enable.idempotence={(isIdempotent ? "true" : "false")}");
        }

        return new { };
    }

    private async Task<object> ConsumeAsync(string topic, JsonElement c)
    {
        string count = c.GetProperty("count").GetInt32().ToString(CultureInfo.InvariantCulture);
        string isolation = c.TryGetProperty("isolation", out var given) ? given.GetString()! : "read_committed";
        string output = await RunAsync(null, "-C", "-b", bootstrap, "-t", topic, "-o", "beginning", "-c", count, "-q", "-J", "-X", $"isolation.level={isolation}", "-X", "fetch.wait.max.ms=100");
        return new { records = Lines(output).Select(FromJson) };
    }

    private async Task<object> OffsetForTimeAsync(string topic, int partition, long timestamp)
    {
        string answer = await RunAsync(null, "-Q", "-b", bootstrap, "-t", $"{topic}:{partition}:{timestamp}");
        return new { offset = long.Parse(answer.Trim().Split(' ')[^1], CultureInfo.InvariantCulture) };
    }

    /// <summary>Reads in the group what there is to the end, and commits it as it leaves.</summary>
    private async Task<object> JoinAsync(string topic, string group, string member)
    {
        string output = await RunAsync(null, "-G", group, "-b", bootstrap, "-X", "auto.offset.reset=earliest", "-X", "fetch.wait.max.ms=100", "-e", "-q", topic);
        members[member] = [.. Lines(output)];
        return new { };
    }

    private async Task<object> CommittedAsync(string topic, string group)
    {
        // kcat shows no committed offsets; where the group goes on tells: after what it has read, there is nothing.
        string output = await RunAsync(null, "-G", group, "-b", bootstrap, "-X", "auto.offset.reset=earliest", "-X", "fetch.wait.max.ms=100", "-e", "-q", topic);
        output.ShouldBeEmpty();
        string end = await RunAsync(null, "-Q", "-b", bootstrap, "-t", $"{topic}:0:-1");
        return new { offset = long.Parse(end.Trim().Split(' ')[^1], CultureInfo.InvariantCulture) };
    }

    private static ForeignRecord FromJson(string line)
    {
        using var document = JsonDocument.Parse(line);
        var root = document.RootElement;
        byte[]? Bytes(string name) => root.TryGetProperty(name, out var text) && text.ValueKind == JsonValueKind.String ? Utf8.GetBytes(text.GetString()!) : null;
        return new ForeignRecord
        {
            Partition = root.GetProperty("partition").GetInt32(),
            Offset = root.GetProperty("offset").GetInt64(),
            Key = Bytes("key"),
            Value = Bytes("payload"),
            Timestamp = root.GetProperty("ts").GetInt64(),
        };
    }

    private static string[] Lines(string output) => output.Split('\n', StringSplitOptions.RemoveEmptyEntries);

    private async Task<string> RunAsync(string? input, params string[] arguments)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = Utf8,
            StandardOutputEncoding = Utf8,
        };
        using var process = Process.Start(start)!;
        using var patience = CancellationTokenSource.CreateLinkedTokenSource(TestContext.Current.CancellationToken);
        patience.CancelAfter(TimeSpan.FromMinutes(1));
        var output = process.StandardOutput.ReadToEndAsync(patience.Token);
        var errors = process.StandardError.ReadToEndAsync(patience.Token);
        try
        {
            if (input is not null) await process.StandardInput.WriteAsync(input.AsMemory(), patience.Token);
            process.StandardInput.Close();
            await process.WaitForExitAsync(patience.Token);
        }
        catch (OperationCanceledException)
        {
            process.Kill();
            throw new ForeignClientException($"kcat {string.Join(' ', arguments)} did not end within a minute");
        }

        string said = await errors;
        if (process.ExitCode != 0 || said.Contains("% ERROR", StringComparison.Ordinal) || said.Contains("% Delivery failed", StringComparison.Ordinal)) throw new ForeignClientException($"kcat {string.Join(' ', arguments)}: {said}");
        return await output;
    }
}
