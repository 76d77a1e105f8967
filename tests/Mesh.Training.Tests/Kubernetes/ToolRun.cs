using System.Diagnostics;
using System.Text.Json.Nodes;

namespace Mesh.Training.Tests.Kubernetes;

/// <summary>A container's command as a process of this machine, with its environment and nothing of ours that begins with MESH_.</summary>
internal sealed class ToolRun(JsonNode container, Action<string> print)
{
    private Process? process;

    public bool IsDeleted { get; set; }

    public bool IsDisrupted { get; set; }

    public void Start(Action<int> ended)
    {
        string[] command = [.. container["command"]!.AsArray().Select(word => (string)word!)];
        var start = new ProcessStartInfo(command[0], command[1..]) { RedirectStandardOutput = true, RedirectStandardError = true, WorkingDirectory = (string)container["workingDir"]! };
        foreach (var variable in container["env"]!.AsArray()) start.Environment[(string)variable!["name"]!] = (string)variable["value"]!;
        // The processes of a pod are not those of Mesh's machine: it must not find and kill them.
        start.Environment["MESH_JOB_SPEC"] = "/proc/self/cwd/" + Path.GetFileName(start.Environment["MESH_JOB_SPEC"]!);
        process = Process.Start(start)!;
        process.OutputDataReceived += (_, line) => Take(line.Data);
        process.ErrorDataReceived += (_, line) => Take(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
        _ = EndAsync(process, ended);
    }

    public void Terminate() => Process.Start("kill", ["-TERM", process!.Id.ToString()]).WaitForExit();

    public void Kill()
    {
        if (process is { HasExited: false }) process.Kill(entireProcessTree: true);
    }

    private static async Task EndAsync(Process process, Action<int> ended)
    {
        await process.WaitForExitAsync();
        ended(process.ExitCode);
    }

    private void Take(string? line)
    {
        if (line is not null) print(line + "\n");
    }
}
