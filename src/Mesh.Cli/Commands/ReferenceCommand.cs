using System.CommandLine;
using System.Text;
using Mesh.Cli.Help;
using Mesh.Cli.Output;
using Mesh.Model;

namespace Mesh.Cli.Commands;

/// <summary><c>mesh reference</c>, hidden: writes the pages of docs/reference.</summary>
internal static class ReferenceCommand
{
    public static Command Create()
    {
        var output = new Option<string>("--output", "-o") { Description = "Folder; pages of commands that are gone are deleted.", HelpName = "DIR", Required = true };
        var json = CommonOptions.Json();
        var command = new Command("reference", "Write the reference of all commands and settings as Markdown.") { output, json };
        command.Hidden = true;
        command.SetAction(parsed =>
        {
            string folder = parsed.GetValue(output)!;
            var pages = ReferencePages.Write((RootCommand)parsed.RootCommandResult.Command);
            Directory.CreateDirectory(folder);
            foreach (string old in Directory.GetFiles(folder, "*.md").Where(file => !pages.ContainsKey(Path.GetFileName(file)))) File.Delete(old);
            foreach (var (name, text) in pages) AtomicFile.Write(Path.Combine(folder, name), Encoding.UTF8.GetBytes(text));
            if (parsed.GetValue(json)) Printer.Json(pages.Keys);
            else Terminal.Out.WriteLine($"{pages.Count} pages in {folder}");
            return ExitCodes.Done;
        });
        return command;
    }
}
