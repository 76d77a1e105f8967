using System.Collections.Concurrent;
using System.Net;
using System.Net.Sockets;
using System.Text.Json;

namespace Mesh.Kafka.Tests;

/// <summary>The one request of a schema registry that producers make, with answers a test can choose.</summary>
public sealed class MockRegistry : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly ConcurrentDictionary<string, int> ids = new();
    private readonly Task serving;

    public MockRegistry()
    {
        int port = FreePort();
        Url = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add(Url + "/");
        listener.Start();
        serving = ServeAsync();
    }

    public string Url { get; }

    /// <summary>Subject and schema type and text of every request, in order.</summary>
    public ConcurrentQueue<(string Subject, string Type, string Schema)> Requests { get; } = new();

    /// <summary>The header of every request that has one.</summary>
    public ConcurrentQueue<string> Authorizations { get; } = new();

    /// <summary>Status codes of the next answers; then 200.</summary>
    public ConcurrentQueue<int> NextStatus { get; } = new();

    public async ValueTask DisposeAsync()
    {
        listener.Close();
        await serving;
    }

    private async Task ServeAsync()
    {
        while (true)
        {
            try
            {
                var context = await listener.GetContextAsync();
                if (context.Request.Headers["Authorization"] is { } authorization) Authorizations.Enqueue(authorization);
                using var body = await JsonDocument.ParseAsync(context.Request.InputStream);
                string subject = context.Request.Url!.Segments[2].TrimEnd('/');
                string schema = body.RootElement.GetProperty("schema").GetString()!;
                Requests.Enqueue((subject, body.RootElement.GetProperty("schemaType").GetString()!, schema));
                bool refused = NextStatus.TryDequeue(out int status);
                context.Response.StatusCode = refused ? status : 200;
                int id = ids.GetOrAdd(schema, _ => ids.Count + 1);
                object answer = refused ? new { error_code = status, message = "chosen by the test" } : new { id };
                await JsonSerializer.SerializeAsync(context.Response.OutputStream, answer);
                context.Response.Close();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }
        }
    }

    private static int FreePort()
    {
        using var probe = new TcpListener(IPAddress.Loopback, 0);
        probe.Start();
        return ((IPEndPoint)probe.LocalEndpoint).Port;
    }
}
