namespace Mesh.Cli.Help;

/// <summary>What exit codes mean: for all commands, and where a command has a reason of its own.</summary>
internal static class ExitCodeNotes
{
    private static readonly Dictionary<string, (int Code, string When)[]> Own = new()
    {
        ["publish"] = [(ExitCodes.Failed, "a recording was refused, or with --wait ended as a dead letter; one that is there already is 0"), Lost],
        ["inspect"] = [Lost],
        ["cat"] = [(ExitCodes.DataLoss, "the recording had lost data, or a message could not be decoded")],
        ["stats"] = [(ExitCodes.DataLoss, "the recording had lost data, or a message could not be decoded")],
        ["recover"] = [Lost],
        ["convert"] = [Lost],
        ["filter"] = [Lost],
        ["merge"] = [Lost],
        ["split"] = [Lost],
        ["sort"] = [Lost],
        ["telemetry send"] = [(ExitCodes.DataLoss, "the recording had lost data, or a message could not be sent")],
        ["doctor"] = [(ExitCodes.Failed, "a part of the installation is unsound, or the recording breaks its specification"), Lost],
        ["deadletters replay"] = [(ExitCodes.Failed, "with --wait: a recording failed again")],
        ["deadletters drop"] = [(ExitCodes.Failed, "the answer was no")],
        ["replay start"] = [(ExitCodes.Failed, "with --wait: a recording failed")],
        ["topology validate"] = [(ExitCodes.Failed, "a file has errors")],
        ["topology plan"] = [(ExitCodes.Failed, "it would conflict with what is in force")],
        ["topology test"] = [(ExitCodes.Failed, "a case failed")],
        ["studies run"] = [(ExitCodes.Failed, "with --wait: no trial has a value")],
        ["studies resume"] = [(ExitCodes.Failed, "with --wait: no trial has a value")],
        ["models compress"] = [(ExitCodes.Failed, "a variant failed")],
        ["models handoff"] = [(ExitCodes.Failed, "the bundle does not verify")],
        ["models verify"] = [(ExitCodes.Failed, "the bundle is not what it says, or not of somebody trusted")],
        ["models lifecycle"] = [(ExitCodes.Failed, "the file has errors")],
        ["audit verify"] = [(ExitCodes.Failed, "the log was tampered with, or a signature is wrong")],
        ["schemas check"] = [(ExitCodes.Failed, "it would be refused")],
    };

    /// <summary>The table that holds for all commands.</summary>
    public static IReadOnlyList<(int Code, string Meaning)> All { get; } =
    [
        (ExitCodes.Done, "Done. A server that was stopped by Ctrl-C or SIGTERM, and has finished what was under way."),
        (ExitCodes.Failed, "Failed; standard error says why, with a code. What a command checks is not so: a test, a gate, a bundle, the installation."),
        (ExitCodes.BadUsage, "The command line makes no sense; nothing was done."),
        (ExitCodes.DataLoss, "Done, but the recording had lost data; what is intact has been worked on. Only commands that read recordings."),
    ];

    /// <summary>Commands that have reasons of their own.</summary>
    public static IReadOnlyCollection<string> Paths => Own.Keys;

    /// <summary>Reasons of a command's own; empty when it has none.</summary>
    public static IReadOnlyList<(int Code, string When)> Of(string path) => Own.GetValueOrDefault(path) ?? [];

    private static (int Code, string When) Lost => (ExitCodes.DataLoss, "the recording had lost data");
}
