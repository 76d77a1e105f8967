using System.Globalization;
using System.Net;
using System.Net.Sockets;
using System.Text;

namespace Mesh.Testing.Faults;

/// <summary>In front of an HTTP server: S3, a REST catalogue. One request a connection. Counts faults as <c>PREFIX-fault</c> and answers as <c>PREFIX-412</c>.</summary>
public sealed class HttpFaultProxy : FaultProxy
{
    private readonly Func<Uri> server;
    private readonly string prefix;
    private readonly List<(HttpFault Fault, Func<string, bool> Chosen, int Left, string Kind)> armed = [];

    /// <param name="server">Where requests go at present.</param>
    /// <param name="prefix">Begins the kinds that are counted.</param>
    public HttpFaultProxy(Func<Uri> server, string prefix) : base(new IPEndPoint(IPAddress.Loopback, 0))
    {
        this.server = server;
        this.prefix = prefix;
        Start();
    }

    /// <summary>Address for clients.</summary>
    public string Endpoint => $"http://{Address}";

    /// <summary>The next requests that are chosen suffer.</summary>
    /// <param name="fault">How.</param>
    /// <param name="chosen">Looks at the request line: <c>PUT /bucket/key HTTP/1.1</c>.</param>
    /// <param name="times">How many of them.</param>
    /// <param name="kind">What is counted; null for the prefix and the fault.</param>
    public void Arm(HttpFault fault, Func<string, bool> chosen, int times, string? kind = null)
    {
        lock (armed) armed.Add((fault, chosen, times, kind ?? $"{prefix}-{fault}"));
    }

    /// <summary>Nothing suffers any more.</summary>
    public void Disarm()
    {
        lock (armed) armed.Clear();
    }

    /// <inheritdoc/>
    protected override async Task ServeAsync(Socket client, CancellationToken stopping)
    {
        using var near = new NetworkStream(client, ownsSocket: false);
        var (head, rest) = await ReadHeadAsync(near, stopping).ConfigureAwait(false);
        if (head.Length == 0) return;
        string line = head[..head.IndexOf('\r', StringComparison.Ordinal)];
        await ThroughAsync(stopping).ConfigureAwait(false);
        var (fault, kind) = Take(line);
        switch (fault)
        {
            case HttpFault.SlowDown:
                Count(kind);
                await RefuseAsync(near, head, rest, "503 Slow Down", "<?xml version=\"1.0\"?><Error><Code>SlowDown</Code><Message>Reduce your request rate.</Message></Error>", stopping).ConfigureAwait(false);
                return;
            case HttpFault.Reset:
                Count(kind);
                Cut(client);
                return;
        }

        var target = server();
        using var far = new TcpClient();
        await far.ConnectAsync(target.Host, target.Port, stopping).ConfigureAwait(false);
        using var behind = far.GetStream();
        await behind.WriteAsync(Encoding.ASCII.GetBytes(head.Replace("\r\n\r\n", "\r\nConnection: close\r\n\r\n", StringComparison.Ordinal)), stopping).ConfigureAwait(false);
        await behind.WriteAsync(rest, stopping).ConfigureAwait(false);
        var sending = near.CopyToAsync(behind, stopping);
        _ = sending.ContinueWith(static sent => sent.Exception, TaskScheduler.Default);
        if (!await AnswerAsync(client, near, behind, fault, kind, line, stopping).ConfigureAwait(false)) return;

        // The client closes first: a socket that is closed with a read under way takes with it what the client has not read yet.
        client.Shutdown(SocketShutdown.Send);
        await sending.WaitAsync(TimeSpan.FromSeconds(30), stopping).ConfigureAwait(ConfigureAwaitOptions.SuppressThrowing);
    }

    private static async Task<(string Head, byte[] Body)> ReadHeadAsync(NetworkStream stream, CancellationToken stopping)
    {
        byte[] buffer = new byte[64 << 10];
        for (int filled = 0; ;)
        {
            int read = await stream.ReadAsync(buffer.AsMemory(filled), stopping).ConfigureAwait(false);
            if (read == 0) return ("", []);
            filled += read;
            int end = buffer.AsSpan(0, filled).IndexOf("\r\n\r\n"u8);
            if (end >= 0) return (Encoding.ASCII.GetString(buffer, 0, end + 4), buffer[(end + 4)..filled]);
        }
    }

    private static async Task RefuseAsync(NetworkStream near, string head, byte[] rest, string status, string body, CancellationToken stopping)
    {
        // A client that is sending reads no answer: what it said it would send is taken first, unless it waits to be asked for it.
        if (!head.Contains("100-continue", StringComparison.OrdinalIgnoreCase))
        {
            long left = LengthOf(head) - rest.Length;
            byte[] sink = new byte[64 << 10];
            while (left > 0)
            {
                int read = await near.ReadAsync(sink, stopping).ConfigureAwait(false);
                if (read == 0) return;
                left -= read;
            }
        }

        string answer = string.Create(CultureInfo.InvariantCulture, $"HTTP/1.1 {status}\r\nContent-Type: application/xml\r\nContent-Length: {body.Length}\r\nConnection: close\r\n\r\n{body}");
        await near.WriteAsync(Encoding.ASCII.GetBytes(answer), stopping).ConfigureAwait(false);
    }

    private static long LengthOf(string head)
    {
        int at = head.IndexOf("\r\nContent-Length:", StringComparison.OrdinalIgnoreCase);
        if (at < 0) return 0;
        int begin = at + "\r\nContent-Length:".Length;
        return long.Parse(head.AsSpan(begin, head.IndexOf('\r', begin) - begin), CultureInfo.InvariantCulture);
    }

    /// <returns>Whether the answer went out whole.</returns>
    private async Task<bool> AnswerAsync(Socket client, NetworkStream near, NetworkStream behind, HttpFault? fault, string kind, string line, CancellationToken stopping)
    {
        var (head, rest) = await ReadHeadAsync(behind, stopping).ConfigureAwait(false);
        while (head.StartsWith("HTTP/1.1 100", StringComparison.Ordinal))
        {
            await near.WriteAsync(Encoding.ASCII.GetBytes(head), stopping).ConfigureAwait(false);
            int next = rest.AsSpan().IndexOf("\r\n\r\n"u8);
            (head, rest) = next >= 0 ? (Encoding.ASCII.GetString(rest, 0, next + 4), rest[(next + 4)..]) : await ReadHeadAsync(behind, stopping).ConfigureAwait(false);
        }

        if (head.Length == 0) return false;
        string status = head.Split(' ')[1];
        Count($"{prefix}-{status}");
        bool success = status[0] == '2';
        if (fault is HttpFault.AnswerLost or HttpFault.ErrorAfterSuccess && !success) fault = null;

        switch (fault)
        {
            case HttpFault.AnswerLost:
                await behind.CopyToAsync(Stream.Null, stopping).ConfigureAwait(false);
                Count(kind);
                Cut(client);
                return false;
            case HttpFault.ErrorAfterSuccess:
                await behind.CopyToAsync(Stream.Null, stopping).ConfigureAwait(false);
                Count(kind);
                await near.WriteAsync("HTTP/1.1 500 Internal Server Error\r\nContent-Length: 0\r\nConnection: close\r\n\r\n"u8.ToArray(), stopping).ConfigureAwait(false);
                return true;
            case HttpFault.PartialAnswer when success && LengthOf(head) > 1 && !line.StartsWith("HEAD", StringComparison.Ordinal):
                using (var body = new MemoryStream())
                {
                    await body.WriteAsync(rest, stopping).ConfigureAwait(false);
                    await behind.CopyToAsync(body, stopping).ConfigureAwait(false);
                    await near.WriteAsync(Encoding.ASCII.GetBytes(head), stopping).ConfigureAwait(false);
                    await near.WriteAsync(body.GetBuffer().AsMemory(0, (int)body.Length / 2), stopping).ConfigureAwait(false);
                }

                Count(kind);
                client.Shutdown(SocketShutdown.Both);
                return false;
            case HttpFault.SlowAnswer:
                Count(kind);
                await near.WriteAsync(Encoding.ASCII.GetBytes(head), stopping).ConfigureAwait(false);
                await near.WriteAsync(rest, stopping).ConfigureAwait(false);
                byte[] some = new byte[16 << 10];
                for (int read; (read = await behind.ReadAsync(some, stopping).ConfigureAwait(false)) > 0;)
                {
                    await Task.Delay(200, stopping).ConfigureAwait(false);
                    await near.WriteAsync(some.AsMemory(0, read), stopping).ConfigureAwait(false);
                }

                return true;
            default:
                await near.WriteAsync(Encoding.ASCII.GetBytes(head), stopping).ConfigureAwait(false);
                await near.WriteAsync(rest, stopping).ConfigureAwait(false);
                await behind.CopyToAsync(near, stopping).ConfigureAwait(false);
                return true;
        }
    }

    private (HttpFault? Fault, string Kind) Take(string line)
    {
        lock (armed)
        {
            int place = armed.FindIndex(each => each.Chosen(line));
            if (place < 0) return (null, "");
            var (fault, chosen, left, kind) = armed[place];
            if (left <= 1) armed.RemoveAt(place);
            else armed[place] = (fault, chosen, left - 1, kind);
            return (fault, kind);
        }
    }
}
