namespace Mesh.Cli;

/// <summary>What the exit code says.</summary>
public static class ExitCodes
{
    /// <summary>Done.</summary>
    public const int Done = 0;
    /// <summary>Failed; the error is on standard error.</summary>
    public const int Failed = 1;
    /// <summary>The command line makes no sense.</summary>
    public const int BadUsage = 2;
    /// <summary>Done, but the recording had lost data.</summary>
    public const int DataLoss = 3;
}
