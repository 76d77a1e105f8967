using System.Collections.Concurrent;
using System.Net;
using System.Text;
using Google.Protobuf;

namespace Mesh.EndToEnd.Tests;

/// <summary>
/// A collector that takes OTLP over HTTP and reads the Protobuf by the field numbers of opentelemetry-proto (trace/v1/trace.proto,
/// metrics/v1/metrics.proto, resource/v1/resource.proto).
/// </summary>
internal sealed class OtlpReceiver : IAsyncDisposable
{
    private readonly HttpListener listener = new();
    private readonly Task receiving;

    public OtlpReceiver(int port)
    {
        Address = $"http://127.0.0.1:{port}";
        listener.Prefixes.Add(Address + "/");
        listener.Start();
        receiving = ReceiveAsync();
    }

    public string Address { get; }

    public ConcurrentQueue<Span> Spans { get; } = [];

    public ConcurrentDictionary<string, string> Metrics { get; } = new();

    public ConcurrentDictionary<string, string> Resource { get; } = new();

    public ConcurrentBag<string?> Keys { get; } = [];

    public async ValueTask DisposeAsync()
    {
        // Not stopped first: closing a listener that has stopped binds its port once more, which somebody else may have by then.
        listener.Close();
        await receiving;
    }

    private async Task ReceiveAsync()
    {
        while (true)
        {
            HttpListenerContext context;
            try
            {
                context = await listener.GetContextAsync();
            }
            catch (Exception exception) when (exception is HttpListenerException or ObjectDisposedException)
            {
                return;
            }

            using var body = new MemoryStream();
            await context.Request.InputStream.CopyToAsync(body);
            Keys.Add(context.Request.Headers["x-key"]);
            foreach (var group in Fields(body.ToArray(), 1))
            {
                foreach (var attribute in Fields(group, 1).SelectMany(resource => Fields(resource, 1))) Resource[Text(attribute, 1)] = Fields(attribute, 2).Select(value => Text(value, 1)).FirstOrDefault("");
                var items = Fields(group, 2).SelectMany(scope => Fields(scope, 2));
                if (context.Request.Url!.AbsolutePath == "/v1/traces") foreach (byte[] span in items) Spans.Enqueue(Span.Read(span));
                else if (context.Request.Url.AbsolutePath == "/v1/metrics") foreach (byte[] metric in items) Metrics[Text(metric, 1)] = Text(metric, 3);
            }

            context.Response.ContentType = "application/x-protobuf";
            context.Response.Close();
        }
    }

    private static string Text(byte[] message, int field) => Encoding.UTF8.GetString(Fields(message, field).FirstOrDefault([]));

    /// <summary>The length-delimited fields of one number.</summary>
    private static List<byte[]> Fields(byte[] message, int number)
    {
        var found = new List<byte[]>();
        var input = new CodedInputStream(message);
        for (uint tag; (tag = input.ReadTag()) != 0;)
        {
            if (tag == WireFormat.MakeTag(number, WireFormat.WireType.LengthDelimited)) found.Add(input.ReadBytes().ToByteArray());
            else input.SkipLastField();
        }

        return found;
    }

    internal sealed record Span(string TraceId, string SpanId, string ParentSpanId, string Name, IReadOnlyList<string> LinkedTraces)
    {
        public static Span Read(byte[] span) => new(
            Hex(span, 1), Hex(span, 2), Hex(span, 4), Text(span, 5), [.. Fields(span, 13).Select(link => Hex(link, 1))]);

        private static string Hex(byte[] message, int field) => Convert.ToHexStringLower(Fields(message, field).FirstOrDefault([]));
    }
}
