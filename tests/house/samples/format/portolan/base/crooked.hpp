#pragma once
int   crooked( int x ){return x ;}
