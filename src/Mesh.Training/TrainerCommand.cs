using System.Text;
using Mesh.Model;

namespace Mesh.Training;

/// <summary>How a trainer named in a topology becomes a process.</summary>
public static class TrainerCommand
{
    private const string BuiltInPrefix = "builtin/";

    /// <summary>
    /// The command of a trainer: for <c>builtin/NAME</c> this executable with the hidden arguments <c>trainer builtin/NAME</c>, else the text
    /// split at spaces, single or double quotes keeping words together; no shell is involved. A word that names a file by a relative path with a
    /// folder in it becomes an absolute path, since a trainer runs in its job's folder and not where Mesh was started.
    /// </summary>
    /// <exception cref="MeshException"><c>MESH9002</c> when nothing is left to start.</exception>
    public static (string File, string[] Arguments) Resolve(string trainer)
    {
        if (trainer.StartsWith(BuiltInPrefix, StringComparison.Ordinal)) return ThisExecutable("trainer", trainer);
        string[] words = [.. Split(trainer).Select(word => word.Contains('/') && !Path.IsPathRooted(word) && File.Exists(word) ? Path.GetFullPath(word) : word)];
        return words.Length > 0
            ? (words[0], words[1..])
            : throw new MeshException("MESH9002", "The trigger's job names no trainer: write builtin/manoeuvre or a command line.");
    }

    /// <summary>The words that start <c>mesh</c>, as trainers find them in <c>MESH_COMMAND</c>.</summary>
    public static IReadOnlyList<string> Mesh()
    {
        var (file, arguments) = ThisExecutable();
        return [file, .. arguments];
    }

    private static (string File, string[] Arguments) ThisExecutable(params string[] arguments)
    {
        string process = Environment.ProcessPath ?? throw new MeshException("MESH9002", "This process cannot tell its executable.");
        // Under `dotnet run` and `dotnet mesh.dll` the executable is the host, which needs to be told the program.
        bool isHost = Path.GetFileNameWithoutExtension(process) == "dotnet";
        return isHost ? (process, [Environment.GetCommandLineArgs()[0], .. arguments]) : (process, arguments);
    }

    private static string[] Split(string text)
    {
        var words = new List<string>();
        var word = new StringBuilder();
        char quote = '\0';
        bool open = false;
        foreach (char letter in text)
        {
            if (quote != '\0' && letter == quote)
            {
                quote = '\0';
            }
            else if (quote == '\0' && letter is '"' or '\'')
            {
                quote = letter;
                open = true;
            }
            else if (quote == '\0' && char.IsWhiteSpace(letter))
            {
                if (open) words.Add(word.ToString());
                word.Clear();
                open = false;
            }
            else
            {
                word.Append(letter);
                open = true;
            }
        }

        if (open) words.Add(word.ToString());
        return [.. words];
    }
}
