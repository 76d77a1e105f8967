namespace Mesh.BrokerWorkload;

/// <summary>The history of this process on standard output. A line has left the process when <see cref="Write"/> returns, whatever kills it then.</summary>
internal static class Journal
{
    private static readonly Lock Gate = new();
    private static readonly Stream Output = Console.OpenStandardOutput();

    public static void Write(HistoryEvent @event)
    {
        byte[] line = System.Text.Encoding.UTF8.GetBytes(@event + "\n");
        lock (Gate) Output.Write(line);
    }

    public static void Write(HistoryKind kind, string? error = null) => Write(new HistoryEvent { Kind = kind, Error = error });
}
