<#
.SYNOPSIS
Verify what runs, changing nothing: invoke verify, on a machine that has only Python.
.EXAMPLE
.\scripts\test.ps1 -Target local
.EXAMPLE
.\scripts\test.ps1 -Address 203.0.113.7 -Json
#>
[CmdletBinding(PositionalBinding = $false)]
param(
    [string] $Env,
    [string] $Target,
    [string] $Address,
    [switch] $Timestamped,
    [switch] $NoTimestamp,
    [switch] $Json,
    [Parameter(ValueFromRemainingArguments = $true)] [string[]] $Rest
)
. (Join-Path $PSScriptRoot 'prepare.ps1')

$words = @('verify')
if ($PSBoundParameters.ContainsKey('Env')) { $words += "--env=$Env" } # an empty one is refused, not lost
if ($Target) { $words += @('--target', $Target) }
if ($Address) { $words += @('--address', $Address) }
if ($NoTimestamp) { $words += '--no-timestamp' }
if ($Json) { $words += '--json' }
if ($Rest) { $words += $Rest }

Invoke-Task -Root (Split-Path -Parent $PSScriptRoot) -Words $words
