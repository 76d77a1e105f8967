namespace Mesh.Cli.Demo;

/// <summary>What became of one of the demo's uploads.</summary>
/// <param name="File">Name of the file.</param>
/// <param name="Vehicle">Vehicle it was published for.</param>
/// <param name="Answer">The server's answer: accepted or duplicate.</param>
/// <param name="Written">Messages the simulator wrote; 0 for a duplicate, which is counted once.</param>
/// <param name="Rows">Rows in message tables.</param>
/// <param name="DeadLetters">Messages in dead letters.</param>
/// <param name="Lost">Messages that the damage took: written by the simulator, but no longer in the file.</param>
/// <param name="Frames">Synchronised frames.</param>
/// <param name="Losses">Places where the reader found data lost.</param>
internal sealed record DemoRecording(string File, string Vehicle, string Answer, long Written, long Rows, long DeadLetters, long Lost, long Frames, int Losses)
{
    /// <summary>Whether every message is accounted for, and loss is reported exactly where there is some.</summary>
    public bool IsBalanced => Written == Rows + DeadLetters + Lost && Lost >= 0 && (Lost > 0) == (Losses > 0);
}
