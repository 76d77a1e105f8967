using System.Diagnostics;
using System.Text;
using System.Text.Json;

namespace Mesh.Broker.Tests.Conformance;

/// <summary>A client behind a script of tests/foreign/kafka: one process for the whole suite, one command at a time.</summary>
internal sealed class ScriptClient : IForeignClient, IDisposable
{
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(90);

    private readonly SemaphoreSlim turn = new(1, 1);
    private readonly Process process;
    private readonly StringBuilder errors = new();

    private ScriptClient(Process process) => this.process = process;

    public static ScriptClient Start(string program, string script, string bootstrap, IReadOnlyDictionary<string, string>? environment = null)
    {
        var start = new ProcessStartInfo(program, [script, bootstrap])
        {
            RedirectStandardInput = true,
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            StandardInputEncoding = new UTF8Encoding(false),
            StandardOutputEncoding = new UTF8Encoding(false),
        };
        foreach (var (name, value) in environment ?? new Dictionary<string, string>()) start.Environment[name] = value;
        var client = new ScriptClient(new Process { StartInfo = start });
        client.process.ErrorDataReceived += (_, line) =>
        {
            lock (client.errors) client.errors.AppendLine(line.Data);
        };
        client.process.Start();
        client.process.BeginErrorReadLine();
        return client;
    }

    public async Task<JsonElement> AskAsync(object command, CancellationToken cancellationToken)
    {
        await turn.WaitAsync(cancellationToken);
        try
        {
            using var patience = CancellationTokenSource.CreateLinkedTokenSource(cancellationToken);
            patience.CancelAfter(Patience);
            await process.StandardInput.WriteLineAsync(JsonSerializer.Serialize(command).AsMemory(), patience.Token);
            await process.StandardInput.FlushAsync(patience.Token);
            string line = await process.StandardOutput.ReadLineAsync(patience.Token) ?? throw new ForeignClientException("the client's process has ended", Errors());
            using var answer = JsonDocument.Parse(line);
            if (answer.RootElement.TryGetProperty("error", out var error)) throw new ForeignClientException(error.GetString()!, $"{answer.RootElement.GetProperty("stack")}\n{Errors()}");
            return answer.RootElement.GetProperty("result").Clone();
        }
        catch (OperationCanceledException) when (!cancellationToken.IsCancellationRequested)
        {
            process.Kill();
            throw new ForeignClientException($"no answer to {JsonSerializer.Serialize(command)[..Math.Min(200, JsonSerializer.Serialize(command).Length)]} within {Patience}", Errors());
        }
        finally
        {
            turn.Release();
        }
    }

    public void Dispose()
    {
        process.Kill();
        process.WaitForExit();
        process.Dispose();
        turn.Dispose();
    }

    private string Errors()
    {
        lock (errors) return errors.ToString();
    }
}
