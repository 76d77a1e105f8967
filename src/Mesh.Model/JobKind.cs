namespace Mesh.Model;

/// <summary>What a job does.</summary>
public enum JobKind
{
    /// <summary>Makes a model from data.</summary>
    Train,
    /// <summary>Goes on from a model.</summary>
    Finetune,
    /// <summary>Measures a model.</summary>
    Evaluate,
    /// <summary>Finds the ranges of a model's values, for quantisation.</summary>
    Calibrate,
    /// <summary>Makes a model of smaller numbers.</summary>
    Quantise,
    /// <summary>Makes a model of fewer weights.</summary>
    Prune,
    /// <summary>Makes what an accelerator loads.</summary>
    Compile,
    /// <summary>Adds labels to data.</summary>
    Label,
    /// <summary>Answers requests until its time is over or it is cancelled.</summary>
    Serve,
}
